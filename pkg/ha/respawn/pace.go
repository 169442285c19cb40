package respawn

import "time"

// The rules of ha.cf(5) respawn.
const (
	// short is the life of a client that was started in vain.
	short = 30 * time.Second
	// breath is the pause before a client that ended so soon is started again.
	breath = time.Second
	// maxShort is how many such starts in a row are made.
	maxShort = 10
	// noRespawn is the exit status of a client that wants to stay down.
	noRespawn = 100
)

// pace decides when a client is started again.
type pace struct{ short int }

// ended takes how long the client ran. It returns the pause before the next
// start, and false if there is to be none.
func (p *pace) ended(ran time.Duration) (wait time.Duration, again bool) {
	if ran >= short {
		p.short = 0
		return 0, true
	}
	p.short++
	return breath, p.short <= maxShort
}
