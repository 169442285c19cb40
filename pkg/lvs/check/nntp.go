package check

// newNNTP is service=nntp: up is a server whose greeting begins with 2
// (RFC 3977: 200 or 201).
func newNNTP(t Target, env Env) (Check, error) {
	return newDialogue(t, env, false, talkNNTP), nil
}

func talkNNTP(_ Target, p *peer) error {
	first, err := p.R.ReadByte()
	if err != nil {
		return err
	}
	if first == '2' {
		return nil
	}
	// Only for the reason: the line may never be completed.
	rest, _ := p.R.Peek(p.R.Buffered())
	return unwanted("greeting", string(first)+string(rest), "2xx")
}
