package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/status"
)

// benchInstance has 100 services with 1,000 real servers; the kernel is a table in
// memory.
func benchInstance(b *testing.B, interval int) *instance {
	b.Helper()
	var file strings.Builder
	fmt.Fprintf(&file, "checkinterval=%d\n", interval)
	for n := range 100 {
		fmt.Fprintf(&file, "virtual=10.9.%d.1:80\n\tchecktype=connect\n\treal=10.1.%d.1->10.1.%d.10:80 masq\n", n, n, n)
	}
	i := startInstance(b, file.String())
	i.kernel.Count = func(_ plan.Key, u *plan.DestUse) {
		u.Active, u.Counters = 12, plan.Counters{Connections: 123456789, InPackets: 1234567890, InBytes: 12345678901}
	}
	return i
}

// BenchmarkScrape is what one look at a director costs, and each of its forms: at
// one a second, 10 ms are 1 % of a core.
func BenchmarkScrape(b *testing.B) {
	i := benchInstance(b, 3600)
	written := &labels{}
	var text []byte
	look := func(b *testing.B) snapshot {
		i.source.at = time.Time{}
		s, err := i.source.status(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		return snapshot{s, written}
	}
	for name, form := range map[string]func(*testing.B, snapshot){
		"look": func(*testing.B, snapshot) {},
		"metrics": func(b *testing.B, s snapshot) {
			var m status.Metrics
			s.Metrics(&m)
			text = m.AppendText(text[:0]) // as the page's server does
			b.SetBytes(int64(len(text)))
		},
		"json": func(b *testing.B, s snapshot) {
			document, err := json.Marshal(s)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(document)))
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			began := processTime(b)
			for range b.N {
				form(b, look(b))
			}
			b.ReportMetric((processTime(b)-began).Seconds()*1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkPage is how much of a core a director with a page takes more when it is
// scraped once a second, by another process.
func BenchmarkPage(b *testing.B) {
	i := benchInstance(b, 10)
	socket := filepath.Join(i.dir, "status")
	defer startPage(i.source, []status.Address{status.Socket(socket, os.Getgid())}, i.log)()
	const seconds = 15
	// One shell for all scrapes: to start programs costs this process, too.
	busy := func(script string) float64 {
		cmd := exec.Command("sh", "-c", fmt.Sprintf("for n in $(seq %d); do %s; sleep 1; done", seconds, script))
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		began, used := time.Now(), processTime(b)
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		return 100 * (processTime(b) - used).Seconds() / time.Since(began).Seconds()
	}
	b.ResetTimer()
	for range b.N {
		alone := busy(":")
		scraped := busy("curl -sSf -o /dev/null --unix-socket " + socket + " http://localhost/metrics || exit 1")
		b.ReportMetric(alone, "%core-alone")
		b.ReportMetric(scraped-alone, "%core-more")
	}
}

// processTime is the time of the processor that this process has had: what else
// runs on the machine does not count.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
