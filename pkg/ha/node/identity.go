package node

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lvsha/pkg/system/logging"
)

// nextGeneration returns the number of this life and keeps it on disk. Peers
// take a lower number than they know for a replay as long as they run, so it
// must survive crashes and upgrades.
func nextGeneration(o Options) (uint64, error) {
	now := uint64(time.Now().Unix())
	if o.Config.HA.GenMethodTime {
		return now, nil
	}
	path := filepath.Join(o.StateDir, generationFile)
	gen := now + 1
	data, err := os.ReadFile(path)
	text := strings.TrimSpace(strings.TrimRight(string(data), "\x00"))
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && text == "":
		logging.Logf(o.Log, logging.Info, "No Previous generation - starting at %d", gen)
	case err != nil:
		return 0, fmt.Errorf("generation: %w", err)
	default:
		last, perr := strconv.ParseUint(text, 10, 63)
		if perr != nil {
			logging.Logf(o.Log, logging.Warn, "BROKEN previous generation - starting at %d", gen)
			break
		}
		// Not behind the clock: a life that could not write the file has used
		// that, and its successor must not look older.
		gen = max(gen, last+1)
	}
	substitute := filepath.Join(o.RunDir, generationFile)
	if o.RunDir != "" {
		gen = max(gen, ownNumber(substitute)+1)
	}
	line := []byte(fmt.Sprintf("%15d\n", gen))
	if err := writeSynced(path, line); err != nil {
		// With a full or read-only disk the clock still gives a higher number, but
		// not to a life that begins within the same second.
		logging.Logf(o.Log, logging.Error, "generation cannot be kept, the clock is used: %v", err)
		if o.RunDir != "" {
			if err := writeSynced(substitute, line); err != nil {
				logging.Logf(o.Log, logging.Error, "nor can it be kept until the next boot: %v", err)
			}
		}
	}
	return gen, nil
}

// generationFile is in the state directory, and in the run directory for as long as
// the other one cannot be written.
const generationFile = "hb_generation"

// ownNumber reads a number from a file that this user has written, 0 if there is
// none: clients may write into the run directory, too, links and pipes as well.
func ownNumber(path string) uint64 {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); !ok || !info.Mode().IsRegular() || int(sys.Uid) != os.Geteuid() {
		return 0
	}
	var n uint64
	if _, err := fmt.Fscan(f, &n); err != nil || n > math.MaxInt64-1 {
		return 0
	}
	return n
}

// nodeUUID returns the node's uuid, and whether it was made just now.
func nodeUUID(o Options) (id [16]byte, fresh bool, err error) {
	path := filepath.Join(o.StateDir, "hb_uuid")
	data, err := os.ReadFile(path)
	if err == nil && len(data) >= len(id) {
		return [16]byte(data[:len(id)]), false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return id, false, fmt.Errorf("uuid: %w", err)
	}
	if _, err := rand.Read(id[:]); err != nil {
		return id, false, fmt.Errorf("uuid: %w", err)
	}
	id[6] = id[6]&0x0f | 0x40 // RFC 9562: version 4
	id[8] = id[8]&0x3f | 0x80
	if err := writeSynced(path, id[:]); err != nil {
		logging.Logf(o.Log, logging.Error, "uuid cannot be kept, it lasts for this start only: %v", err)
	}
	return id, true, nil
}

// writeSynced replaces a file so that a crash leaves the old or the new one.
func writeSynced(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, werr := f.Write(data)
	err = errors.Join(werr, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
