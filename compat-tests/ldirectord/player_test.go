package ldirectord

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// sharePath is the shared directory as the scenes see it.
const sharePath = "/share"

// sceneSlots bounds the scenarios that are played at once: the guest has one
// processor, and a check that has to wait for it fails by its timeout.
const sceneSlots = 5

// playAll runs in the guest: every scene in namespaces of its own, several at
// once. A namespace has its own IPVS table. The how-to's scenes, which mostly
// wait, run beside the others.
func playAll() int {
	if err := os.Chdir(sharePath); err != nil {
		fmt.Println(err)
		return 1
	}
	names := sceneNames()
	failed := make([]bool, len(names))
	slots := make(chan struct{}, sceneSlots)
	var scenes sync.WaitGroup
	for i, name := range names {
		scenes.Add(1)
		go func() {
			defer scenes.Done()
			if !strings.HasPrefix(name, howToPrefix) && !strings.HasPrefix(name, proofPrefix) {
				slots <- struct{}{}
				defer func() { <-slots }()
			}
			failed[i] = !play(name)
		}()
	}
	scenes.Wait()
	// In a slow guest checks time out that wait for the processor: a scene in which
	// that happened and that went wrong is played again by itself, and that counts.
	for i, name := range names {
		if !failed[i] && starved(name) {
			fmt.Printf("%s: again, by itself\n", name)
			failed[i] = !play(name)
		}
	}
	if slices.Contains(failed, true) {
		return 1
	}
	return 0
}

// play plays one scene in namespaces of its own.
func play(name string) bool {
	cmd := exec.Command("/share/player")
	cmd.Env = append(os.Environ(), roleVariable+"=scene", "SCENE="+name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS}
	out, err := cmd.CombinedOutput()
	if err != nil {
		fmt.Printf("%s: %v\n%s\n", name, err, out)
	}
	return err == nil
}

// resultPath is the file that a scene writes its outcomes to.
func resultPath(scene string) string { return filepath.Join(sharePath, "result-"+scene+".json") }

// starved says whether a scene has a problem with a log in which a program that
// checks, which takes a moment at the most, was not done in time.
func starved(name string) bool {
	content, err := os.ReadFile(resultPath(name))
	var list []outcome
	if err != nil || json.Unmarshal(content, &list) != nil {
		return false
	}
	return slices.ContainsFunc(list, func(o outcome) bool {
		return slices.ContainsFunc(o.Problems, func(p string) bool { return strings.Contains(p, "/check.sh: timed out") })
	})
}

// scene is the state of one scene while it is played.
type scene struct {
	name     string
	dir      string // of its files
	outcomes []outcome
	backends map[string]*backend
	cli      []string // commands of the step with their exit status
}

// playScene runs in the namespaces of one scene.
func playScene() int {
	s := &scene{name: os.Getenv("SCENE"), backends: make(map[string]*backend)}
	err := s.play()
	content, _ := json.Marshal(s.outcomes)
	if writeErr := os.WriteFile(resultPath(s.name), content, 0o644); err == nil {
		err = writeErr
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func (s *scene) play() error {
	howTo := strings.HasPrefix(s.name, howToPrefix)
	program := "/share/ldirectord"
	if strings.HasPrefix(s.name, howToPrefix+original) || strings.HasPrefix(s.name, proofPrefix+original) || s.name == takeoverScene {
		program = ""
	}
	if err := setUp(program); err != nil {
		return err
	}
	if howTo {
		return s.playHowTo()
	}
	if s.name == takeoverScene {
		return s.playTakeover()
	}
	if s.name == standbyScene {
		return s.playStandby()
	}
	if s.name == statusScene {
		return s.playStatus()
	}
	if _, proof, ok := strings.Cut(strings.TrimPrefix(s.name, proofPrefix), "-"); ok && proofs[proof] != nil {
		return proofs[proof](s)
	}
	s.dir = filepath.Join(sharePath, "testdata/golden", s.name)
	return s.playGolden()
}

// setUp gives the scene its own files, addresses and name.
func setUp(program string) error {
	script := `
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /etc/ha.d
mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /run
mkdir -p /etc/ha.d/conf /etc/ha.d/resource.d /run/ldtest/down /run/ldtest/maint /run/lock
ln -s /usr/sbin/ldirectord /etc/ha.d/resource.d/ldirectord
cp /share/testdata/check.sh /run/ldtest/
chmod 755 /run/ldtest/check.sh
mount --bind /share/testdata/hosts /etc/hosts
test -e /etc/services || : >/etc/services
mount --bind /share/testdata/services /etc/services
test -z "$1" || mount --bind "$1" /usr/sbin/ldirectord
echo lb1 >/proc/sys/kernel/hostname
ip link set lo up
for i in 1 2 3 4 5 6 7 8 9; do
	ip addr add 10.9.0.$i/32 dev lo
	ip addr add 2001:db8:9::$i/128 dev lo
done
for i in 11 12 13; do ip addr add 10.1.0.$i/32 dev lo; done
for a in 192.0.2.70 192.0.2.121 192.0.2.117; do ip addr add $a/32 dev lo; done
`
	out, err := exec.Command("/bin/sh", "-c", script, "sh", program).CombinedOutput()
	if err != nil {
		return fmt.Errorf("set up: %w\n%s", err, out)
	}
	return os.Unsetenv("HOSTNAME")
}

// ipvsadm returns what the table looks like, services and their servers sorted.
func ipvsadm(args ...string) string {
	out, err := exec.Command("/usr/sbin/ipvsadm", args...).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("ipvsadm %v: %v\n%s", args, err, out)
	}
	return normal(string(out))
}

// until asks until the answer is the wanted one and stays so for the hold time.
// It returns the last answer.
func until(want string, hold, limit time.Duration, ask func() string) (got string, ok bool) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	var since time.Time
	for begun := time.Now(); ; <-ticker.C {
		got = ask()
		now := time.Now()
		switch {
		case got != want:
			since = time.Time{}
			if now.Sub(begun) > limit {
				return got, false
			}
		case since.IsZero():
			since = now
		case now.Sub(since) >= hold:
			return got, true
		}
	}
}

// untilTable is until for what ipvsadm -Sn prints. The program is run only when
// the kernel's own listing has changed, and now and then for what that does not
// show: in the guest a process costs more than a check.
func untilTable(want string, hold, limit time.Duration) (got string, ok bool) {
	var seen, table string
	var asked time.Time
	return until(want, hold, limit, func() string {
		content, err := os.ReadFile("/proc/net/ip_vs")
		if now := time.Now(); err != nil || string(content) != seen || now.Sub(asked) > 5*time.Second {
			seen, asked = string(content), now
			table = ipvsadm("-Sn")
		}
		return table
	})
}
