package status_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lvsha/compat-tests/browser"
	"lvsha/compat-tests/pair"
	"lvsha/pkg/system/logging"
)

// limit bounds a failure; it measures nothing.
const limit = 3 * time.Minute

var (
	stageDir string
	shared   *browser.Browser
)

func TestMain(m *testing.M) {
	if os.Getenv(tableVariable) != "" {
		if err := readTables(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	pair.Agent()
	code := m.Run()
	if shared != nil {
		shared.Close()
	}
	if stageDir != "" {
		_ = os.RemoveAll(stageDir)
	}
	os.Exit(code)
}

// missing fails the test in continuous integration and skips it elsewhere.
func missing(t *testing.T, why error) {
	t.Helper()
	if why == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// within is a context for one step.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

var startBrowser = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp(stageDir, "browser-")
	if err == nil {
		shared, err = browser.Start(dir)
	}
	return err
})

// stage is ours as installed, made once. The browser keeps its files there, too.
var stage = sync.OnceValues(func() (string, error) {
	var err error
	if stageDir, err = os.MkdirTemp("", "status-stage-"); err != nil {
		return "", err
	}
	return stageDir, os.Chmod(stageDir, 0o755)
})

var install = sync.OnceValues(func() (string, error) {
	dir, err := stage()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "root"), pair.Stage(filepath.Join("..", ".."), filepath.Join(dir, "root"))
})

// open opens a page in the browser.
func open(t *testing.T, url string, v browser.View) *browser.Page {
	t.Helper()
	_, err := browser.Find()
	missing(t, err)
	_, err = stage()
	must(t, err)
	must(t, startBrowser())
	p, err := shared.Open(within(t), url, v)
	must(t, err)
	return p
}

// photograph keeps a picture of the page in build/status, to be looked at.
func photograph(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	png, err := p.Photograph(within(t))
	must(t, err)
	dir := filepath.Join("..", "..", "build", "status")
	must(t, os.MkdirAll(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

// eval evaluates an expression in the page.
func eval(t *testing.T, p *browser.Page, expression string) any {
	t.Helper()
	value, err := p.Eval(within(t), expression)
	must(t, err)
	return value
}

// journal hands over what is logged.
type journal chan string

func (j journal) Log(_ logging.Level, text string) {
	select {
	case j <- text:
	default:
	}
}
