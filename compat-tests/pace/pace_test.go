package pace

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStalled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cpu")
	for _, test := range []struct {
		content string
		want    time.Duration
		fails   bool
	}{
		{"some avg10=98.05 avg60=86.14 avg300=69.97 total=1637897360\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 1637897360 * time.Microsecond, false},
		{"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0, false},
		{"", 0, true},
		{"full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n", 0, true},
		{"some total=x\n", 0, true},
	} {
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := stalled(path)
		if (err != nil) != test.fails || got != test.want {
			t.Errorf("%q: %v, %v, want %v", test.content, got, err, test.want)
		}
	}
}

// TestOneBeginsAtATime has a second one begin while the first has not done so.
func TestOneBeginsAtATime(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	done := begin(pressureFile, 0)
	second := make(chan func())
	go func() { second <- begin(pressureFile, 0) }()
	select {
	case <-second:
		t.Fatal("two have begun")
	case <-time.After(sample):
	}
	done()
	(<-second)()
}

// TestBeginsWhenThereIsTime has something wait for a processor all the time, and then
// nothing any more.
func TestBeginsWhenThereIsTime(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path := filepath.Join(t.TempDir(), "cpu")
	since := time.Now()
	tell := func() {
		line := fmt.Sprintf("some avg10=0.00 avg60=0.00 avg300=0.00 total=%d\n", time.Since(since).Microseconds())
		if err := os.WriteFile(path+".new", []byte(line), 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Error(err)
		}
	}
	tell()
	begun := make(chan func())
	go func() { begun <- begin(path, limit) }()
	tick := time.NewTicker(sample / 20)
	defer tick.Stop()
	for range 3 * 20 {
		select {
		case <-begun:
			t.Fatal("begun on a busy machine")
		case <-tick.C:
			tell()
		}
	}
	(<-begun)()
}
