package pair_test

import (
	"testing"

	"lvsha/compat-tests/pair"
)

// TestRevive has an original say that it has lost a word while nobody has the address.
func TestRevive(t *testing.T) {
	t.Parallel()
	p := &player{T: t, Pair: newPair(t, pair.Options{Programs: [2]pair.Program{pair.Original, pair.Ours}})}
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	p.step()
	const said = "ERROR: msg2string: Message with zero fields"
	p.do("lose", p.Master.Sh("ip addr del "+pair.VIP+"/32 dev eth0; echo 'Nov 30 17:08:42 master heartbeat: [1]: "+said+"' >>/var/log/ha.log"))
	p.line(p.Master, moveWithin, said)
	p.holder("lost", moveWithin, 0)
	revived, err := p.Revive(p.mark)
	p.do("revive", err)
	if !revived || !p.HasLostWord(p.Master) || p.HasLostWord(p.Standby) {
		t.Errorf("revived %v", revived)
	}
	p.holder("revived", upWithin, quiet, pair.Master)
}
