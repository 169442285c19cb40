package chaos_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/compat-tests/pair"
)

var (
	rounds = flag.Int("rounds", 52, "how many rounds to play, over all pairs")
	seed   = flag.Uint64("seed", 1, "of the random choices; 0 takes the clock")
	single = flag.String("single", "", "play this fault alone")
	old    = flag.Bool("old", false, "play pairs of two originals, to measure what they reach")
	output = flag.String("output", "", "directory for the histories; a temporary one if empty")
)

func TestMain(m *testing.M) {
	pair.Agent()
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// cast is a pair.
type cast struct {
	programs [2]pair.Program
	failback [2]string
	share    int
}

// casts are the pairs that play side by side. share is of the rounds; a heal
// beside an original takes ten times as long.
var casts = []cast{
	{[2]pair.Program{pair.Ours, pair.Ours}, [2]string{"on", "on"}, 4},
	{[2]pair.Program{pair.Ours, pair.Ours}, [2]string{"off", "off"}, 4},
	{[2]pair.Program{pair.Ours, pair.Ours}, [2]string{"on", "off"}, 4},
	{[2]pair.Program{pair.Ours, pair.Original}, [2]string{"on", "on"}, 2},
	{[2]pair.Program{pair.Original, pair.Ours}, [2]string{"off", "on"}, 2},
}

// originals are the pairs that tell what two originals reach.
var originals = []cast{
	{[2]pair.Program{pair.Original, pair.Original}, [2]string{"on", "on"}, 1},
	{[2]pair.Program{pair.Original, pair.Original}, [2]string{"off", "off"}, 1},
}

// TestRounds plays the rounds. One that fails names the seed that chooses the same
// faults again.
func TestRounds(t *testing.T) {
	if err := pair.Missing(pair.Ours, pair.Original); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	dir := *output
	if dir == "" {
		dir = t.TempDir()
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	stage := t.TempDir()
	if err := pair.Stage(filepath.Join("..", ".."), stage); err != nil {
		t.Fatal(err)
	}
	casts := casts
	if *old {
		casts = originals
	}
	whole, given := 0, 0
	for _, c := range casts {
		whole += c.share
	}
	t.Run("pairs", func(t *testing.T) {
		sum := 0
		for i, c := range casts {
			sum += c.share
			mine := *rounds*sum/whole - given
			given += mine
			name := fmt.Sprintf("%s+%s %s-%s", c.programs[0], c.programs[1], c.failback[0], c.failback[1])
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tr := newTrial(t, c.programs, c.failback, stage, rand.New(rand.NewPCG(*seed, uint64(i))))
				defer func() {
					file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".history")
					if err := os.WriteFile(file, []byte(tr.History.String()), 0o644); err != nil {
						t.Error(err)
					}
				}()
				tr.begin()
				for round := 1; round <= mine && !t.Failed(); round++ {
					tr.round(round)
				}
				tr.end()
			})
		}
	})
	t.Logf("%d rounds, seed %d", given, *seed)
}
