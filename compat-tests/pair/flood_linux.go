package pair

import (
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// flood sends forged datagrams, signed with a key that nobody has, to the port of
// heartbeat: so many a second to each address, until it is told 0.
func (a *agent) flood(addresses []string, rate int) error {
	a.flooding.Add(1)
	if rate == 0 {
		return nil
	}
	run := a.flooding.Load()
	for _, address := range addresses {
		c, err := net.Dial("udp4", address+":694")
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			pour(c, rate, func() bool { return a.flooding.Load() == run })
		}()
	}
	return nil
}

// pour sends in small portions, a thousand a second.
func pour(c net.Conn, rate int, more func() bool) {
	var sent atomic.Int64
	began := time.Now()
	for range time.Tick(time.Millisecond) {
		if !more() {
			return
		}
		for due := int64(time.Since(began).Seconds() * float64(rate)); sent.Load() < due; {
			n := sent.Add(1)
			// What nobody listens to is refused; the next one may be heard.
			_, _ = fmt.Fprintf(c, "###\nt=status\nst=active\ndt=7d0\nprotocol=1\nsrc=master\nseq=%x\nhg=7fffffff\nts=7fffffff\nld=0.00 0.00 0.00 1/1 1\nttl=3\nauth=2 0123456789abcdef0123456789abcdef01234567\n%%%%%%\n", n)
		}
	}
}
