package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/director"
)

// writeMaintenance makes the file that takes a server out; written is false if it
// is there already.
func writeMaintenance(dir string, want server) (path string, written bool, err error) {
	path = filepath.Join(dir, want.file())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return path, false, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return path, false, nil
	}
	if err != nil {
		return path, false, err
	}
	return path, true, f.Close()
}

// removeMaintenance removes every file that takes a server out.
func removeMaintenance(ctx context.Context, dir string, want server) (removed []string, err error) {
	files := make(map[string]bool)
	for _, real := range want.all {
		for _, path := range director.MaintenanceFiles(ctx, dir, real) {
			files[path] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		// A file without a port keeps every port of the host out: to give one port
		// back it must not go unasked.
		if want.hasPort && !strings.HasSuffix(path, fmt.Sprintf(":%d", want.port)) {
			return removed, fmt.Errorf("%s keeps the whole host out; undrain %s gives all of it back", path, check.Bracket(want.addr))
		}
		if err := os.Remove(path); err != nil {
			return removed, err
		}
		removed = append(removed, path)
	}
	return removed, nil
}
