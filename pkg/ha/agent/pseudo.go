package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lvsha/pkg/ha/resource"
)

// pseudo is the file that stands for a resource which nothing else shows to run.
// It lies where the OCF agents keep theirs, under their name, so that a resource
// which those have started is known to run here, and the other way round.
type pseudo string

func (c *call) pseudo(name string) pseudo {
	dir := os.Getenv("HA_RSCTMP")
	if dir == "" {
		dir = resource.DefaultTmp
	}
	return pseudo(filepath.Join(dir, strings.ReplaceAll(name, "/", "_")))
}

func (p pseudo) runs() bool {
	_, err := os.Stat(string(p))
	return err == nil
}

func (p pseudo) start() error {
	if err := os.MkdirAll(filepath.Dir(string(p)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(string(p), nil, 0o644)
}

func (p pseudo) stop() error {
	if err := os.Remove(string(p)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
