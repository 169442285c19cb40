package resource_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/logging"
)

// The daemon tells its children when its log files have JSON.
func TestScriptLogInJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ha.log")
	log, done := resource.OpenScriptLog("mach_down", []string{"HA_LOGFILE=" + file, "HA_LOG_FORMAT=json"}, os.Stderr)
	log.Log(logging.Warn, `a "quoted" word`)
	done()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var line struct {
		Level, Program, Message string
		PID                     int
	}
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if line.Level != "warn" || line.Program != "mach_down(default)" || line.Message != `a "quoted" word` || line.PID != os.Getpid() {
		t.Errorf("%s", text)
	}
}
