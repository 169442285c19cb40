package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"lvsha/pkg/system/terminal"
)

// Options say what is shown, and where.
type Options struct {
	In, Out *os.File
	// Look looks once. It may wait for a daemon, but not beyond its context.
	Look func(ctx context.Context) Look
	// Drain takes a server out or gives it back and says what was done.
	Drain func(ctx context.Context, a Action) string
	// Colour is false where NO_COLOR is set.
	Colour bool
	// Every is between two looks.
	Every time.Duration
}

// plainRows is how many rows are printed at most where there is no terminal.
const plainRows = 100000

// Run shows the view until a key or a signal ends it; the terminal is then as it
// was. Where the output is no terminal it prints one look and returns.
func Run(ctx context.Context, o Options) error {
	if !terminal.Is(o.Out) || !terminal.Is(o.In) {
		return printOnce(ctx, o)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	restore, err := terminal.Raw(o.In)
	if err != nil {
		return err
	}
	defer restore()
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	v := &viewer{o: o, painter: painter{out: o.Out, colour: o.Colour}, done: make(chan string, 1)}
	defer v.painter.leave()
	return v.follow(ctx, looks(ctx, o), keysOf(o.In), resized)
}

// viewer is the loop's state.
type viewer struct {
	o       Options
	model   Model
	painter painter
	done    chan string // what a drain has done
	busy    bool        // one runs
}

func (v *viewer) follow(ctx context.Context, looks <-chan Look, keys <-chan []Key, resized <-chan os.Signal) error {
	for {
		width, height := terminal.Size(v.o.Out)
		lines, cursor := v.model.Screen(width, height)
		switch err := v.painter.paint(lines, width, cursor); {
		case errors.Is(err, syscall.EIO):
			return nil // the terminal is gone
		case err != nil:
			return fmt.Errorf("terminal: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case look := <-looks:
			v.model.Update(look)
		case <-resized:
			v.painter.again()
		case text := <-v.done:
			v.busy = false
			v.model.Say(text)
		case list, ok := <-keys:
			if !ok {
				return nil // the terminal is gone
			}
			for _, k := range list {
				if v.act(ctx, v.model.Press(k)) {
					return nil
				}
			}
		}
	}
}

// act carries out what a key asked for; true is the end.
func (v *viewer) act(ctx context.Context, a Action) bool {
	if a.Server == nil || v.busy {
		return a.Quit
	}
	v.busy = true
	go func() { v.done <- v.o.Drain(ctx, a) }()
	return false
}

// looks looks again and again. A look that takes longer delays the next one.
func looks(ctx context.Context, o Options) <-chan Look {
	out := make(chan Look)
	go func() {
		ticker := time.NewTicker(o.Every)
		defer ticker.Stop()
		for {
			look := o.Look(ctx)
			select {
			case <-ctx.Done():
				return
			case out <- look:
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return out
}

// keysOf reads the terminal. A read that waits ends with the program.
func keysOf(in io.Reader) <-chan []Key {
	keys := make(chan []Key)
	go func() {
		defer close(keys)
		b := make([]byte, 256)
		for {
			n, err := in.Read(b)
			if err != nil {
				return
			}
			keys <- ParseKeys(b[:n])
		}
	}()
	return keys
}

// printOnce prints everything once, without an escape.
func printOnce(ctx context.Context, o Options) error {
	var m Model
	m.Update(o.Look(ctx))
	lines, _ := m.Screen(80, min(len(m.rows), plainRows)+headLines+footLines)
	var b strings.Builder
	for _, l := range lines[:len(lines)-footLines] {
		b.WriteString(strings.TrimRight(l.Text, " ") + "\n")
	}
	_, err := io.WriteString(o.Out, b.String())
	return err
}
