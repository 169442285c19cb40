// Command bench measures our programs beside the originals and prints the
// figures as ratios: address failover of a pair in namespaces, a director with
// silent real servers and the whole how-to in User-mode Linux. No figure is
// judged; the exit status is 1 only if a scenario could not be played.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"lvsha/compat-tests/howto"
	"lvsha/compat-tests/pair"
)

func main() {
	pair.Agent()
	if len(os.Args) > 1 {
		if err, ok := inside(os.Args[1:]); ok {
			if err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// inside is what this program does inside the machines that it boots and the
// hosts that it makes; false if it was not called for that.
func inside(args []string) (error, bool) {
	switch {
	case args[0] == "guest" && len(args) == 4:
		return guest(args[1], args[2], args[3]), true
	case args[0] == "keeper" && len(args) == 3:
		return howto.Keeper(args[1], args[2]), true
	case args[0] == "web" && len(args) == 2:
		return howto.Web(args[1]), true
	case args[0] == "client" && len(args) == 1:
		return howto.Client(), true
	case args[0] == "farm" && len(args) == 1:
		return farm(), true
	case args[0] == "pass" && len(args) == 3:
		return originalPass(args[1], args[2]), true
	case args[0] == "burn" && len(args) == 1:
		burn()
		return nil, true
	}
	return nil, false
}

// scenario is one thing that is played; it fills several rows.
type scenario struct {
	name string
	play func(*bench) error
}

var scenarios = []scenario{
	{"pair", playPairs},
	{"vips", playVIPs},
	{"faults", playFaults},
	{"flood", playFlood},
	{"crowd", playCrowd},
	{"checks", playChecks},
	{"passes", playPasses},
	{"tables", playTables},
	{"scale", playScale},
	{"howto", playHowto},
}

// bench is one run of this program.
type bench struct {
	ctx    context.Context
	table  *table
	casts  []cast
	stage  string // ours, as installed
	repeat int    // of the pair
	howtos int    // of the how-to
	faults []string
	soak   time.Duration
	log    io.Writer // progress
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05")}, args...)...)
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "pair,vips,faults,checks,passes,tables,scale,howto", "the scenarios to play, separated by commas")
	with := flags.String("with", "original,ours,keepalived", "the programs to measure, separated by commas")
	repeat := flags.Int("n", 3, "how often the pair is played and how many servers die; the median is shown")
	howtos := flags.Int("howto", 1, "how often the how-to is played; the median is shown")
	faults := flags.String("faults", strings.Join(faultKeys(), ","), "the rows of the scenario faults, separated by commas")
	soak := flags.Duration("soak", 0, "play only: keepalive 100ms, deadtime 500ms under full load, for this long")
	if flags.Parse(args) != nil {
		return 2
	}
	b := &bench{table: &table{}, repeat: *repeat, howtos: *howtos, soak: *soak, log: stderr}
	chosen, err := b.choose(*only, *with)
	if b.faults = strings.Split(*faults, ","); err == nil {
		for _, f := range b.faults {
			if !slices.Contains(faultKeys(), f) {
				err = fmt.Errorf("-faults: %q is none of %s", f, strings.Join(faultKeys(), ", "))
			}
		}
	}
	if err == nil && (b.repeat < 1 || b.repeat > maxDying || b.howtos < 1) {
		err = fmt.Errorf("-n must be 1 to %d, -howto at least 1", maxDying)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	b.ctx = ctx
	return b.play(chosen, stdout, stderr)
}

// play plays the scenarios, whatever becomes of each, and prints the table.
func (b *bench) play(chosen []scenario, stdout, stderr io.Writer) int {
	began := time.Now()
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	b.stage = dir
	b.say("building and staging ours (make install)")
	if err := pair.Stage(".", b.stage); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	var failed []string
	for _, s := range chosen {
		if err := s.play(b); err != nil {
			failed = append(failed, fmt.Sprintf("%s: %v", s.name, err))
			b.say("%s: %v", s.name, err)
		}
	}
	b.table.print(stdout)
	fmt.Fprintf(stdout, "\nTotal time: %s.\n", time.Since(began).Round(time.Second))
	for _, f := range failed {
		fmt.Fprintf(stdout, "NOT PLAYED TO ITS END: %s\n", f)
	}
	if len(failed) > 0 {
		return 1
	}
	return 0
}

// choose reads the lists of the command line.
func (b *bench) choose(only, with string) ([]scenario, error) {
	for _, word := range strings.Split(with, ",") {
		c := cast(slices.Index(castNames[:], word))
		if c < 0 {
			return nil, fmt.Errorf("-with: %q is none of %s", word, strings.Join(castNames[:], ", "))
		}
		b.casts = append(b.casts, c)
	}
	if b.soak > 0 {
		return []scenario{{"soak", playSoak}}, nil
	}
	var chosen []scenario
	for _, word := range strings.Split(only, ",") {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == word })
		if i < 0 {
			return nil, fmt.Errorf("-only: no scenario %q", word)
		}
		chosen = append(chosen, scenarios[i])
	}
	return chosen, nil
}

// each calls play for the chosen programs among those given, and goes on with
// the others if one fails.
func (b *bench) each(casts []cast, play func(cast) error) error {
	var failed error
	for _, c := range casts {
		if !slices.Contains(b.casts, c) {
			continue
		}
		if err := b.ctx.Err(); err != nil {
			return errors.Join(failed, err)
		}
		if err := play(c); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", c, err))
		}
	}
	return failed
}
