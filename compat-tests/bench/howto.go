package main

import (
	"time"

	"lvsha/compat-tests/howto"
)

// howtoFloor is what the client of the how-to can tell apart: it asks every
// 50 ms.
const howtoFloor = 0.05

// playHowto plays the whole how-to in User-mode Linux and weighs the daemons.
func playHowto(b *bench) error {
	const setting = "User-mode Linux, ldirectord.cf of the how-to in the group, keepalive 2, deadtime 10, a client that asks the page every 50 ms: "
	rows := map[string]*row{
		howto.StepStop:     b.table.row("how-to, stop of the master: no answer", "s", howtoFloor, setting+"longest time without an answer"),
		howto.StepFailback: b.table.row("how-to, failback: no answer", "s", howtoFloor, setting+"the same"),
		howto.StepDeath: b.table.row("how-to, death beyond deadtime: no answer", "s", howtoFloor,
			setting+"the same minus 10 s; keepalived (advert_int 1): minus 3.61 s, its own dead interval"),
	}
	return b.each([]cast{original, ours, keepalived}, func(c cast) error {
		for i := range b.howtos {
			b.say("how-to: %s, %d of %d", c, i+1, b.howtos)
			var f howto.Figures
			if err := b.boot("howto", c, &f); err != nil {
				return err
			}
			for _, step := range f.Steps {
				r := rows[step.Name]
				if r == nil {
					continue
				}
				out := step.Saw.Outage
				if step.Name == howto.StepDeath {
					out -= deadTime(c)
				}
				r.add(c, out.Seconds())
			}
			for _, m := range f.Memory {
				b.weigh(c, m)
			}
		}
		return nil
	})
}

func deadTime(c cast) time.Duration {
	if c == keepalived {
		return howto.KeepalivedDeadTime
	}
	return howto.DeadTime
}

// weigh enters the memory of one daemon. keepalived does the work of both, so
// that its figure stands in a row of its own.
func (b *bench) weigh(c cast, m howto.Memory) {
	const how = "on the master of the how-to, with the VIP, "
	rss := b.table.row("memory of "+m.Daemon+", VmRSS", "MB", 0, how+"VmRSS of all its processes added")
	pss := b.table.row("memory of "+m.Daemon+", PSS", "MB", 0,
		how+"the proportional share of all its processes; both directors share pages here, one alone has somewhat more")
	rss.add(c, float64(m.RSS)/1024)
	pss.add(c, float64(m.PSS)/1024)
}
