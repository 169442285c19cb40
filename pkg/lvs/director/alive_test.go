package director

import (
	"context"
	"testing"
	"time"

	"lvsha/pkg/lvs/alert"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/ipvs/ipvstest"
)

// TestSignsOfLife: the loop that owns the table gives them, again and again.
func TestSignsOfLife(t *testing.T) {
	w := newWorld(t, "virtual=192.0.2.70:80\n\treal=192.0.2.121:80 gate\n\tchecktype=off\n")
	loaded, report := Load(w.path, config.System{})
	if loaded == nil {
		t.Fatal(report.Findings)
	}
	signs := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	d := New(Options{
		Path: w.path, Host: w.host, Kernel: &ipvstest.Kernel{}, Log: w, Mailer: alert.NewMailer(w),
		Alive: func() {
			select {
			case signs <- struct{}{}:
			case <-ctx.Done():
			}
		},
		AliveEvery: time.Millisecond,
	}, loaded)
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	for range 3 {
		select {
		case <-signs:
		case <-time.After(20 * time.Second):
			t.Fatal("no sign of life")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
