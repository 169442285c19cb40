package uml

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
)

//go:embed init.sh
var initScript string

// writeBoot puts the guest's init, the script and their parameters into dir,
// which the guest reads through its root file system.
func (m Machine) writeBoot(dir string) error {
	share := m.Share
	if share != "" {
		absolute, err := filepath.Abs(share)
		if err != nil {
			return err
		}
		share = absolute
	}
	modules := m.Modules
	if modules == nil {
		modules = DefaultModules
	}
	files := []struct {
		name, content string
		mode          os.FileMode
	}{
		{"init", strings.NewReplacer("@DIR@", dir, "@MODULES@", moduleRoot()).Replace(initScript), 0o755},
		{"script", m.Script, 0o755},
		{"share", share, 0o644},
		{"modules", strings.Join(modules, " "), 0o644},
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.content), f.mode); err != nil {
			return err
		}
	}
	return nil
}
