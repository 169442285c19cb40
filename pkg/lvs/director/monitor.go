package director

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/system/logging"
)

// monitor appends a line to the monitorfile of a service, ldirectord(8)
// monitorfile.
func (d *Director) monitor(s *service, i int, o outcome) {
	v := s.config
	if v.MonitorFile == "" || v.CheckType == config.On || v.CheckType == config.ExternalPerl {
		return
	}
	line := fmt.Sprintf("[%s] [%d] %s [%s] %s\n", time.Now().Format("Mon Jan _2 15:04:05 2006"), d.o.PID, identity(v, v.Reals[i]),
		map[bool]string{true: "up", false: "down"}[o.verdict == health.Passed], monitorText(o.result))
	d.monitors.write(v.MonitorFile, line)
}

// maxLines bounds the lines that wait for a file system that hangs.
const maxLines = 4096

// monitors writes the monitorfiles, so that no disk delays the director. A file
// that cannot be written is logged once, until it can be again.
type monitors struct {
	lines chan monitorLine
	log   logging.Sink
}

type monitorLine struct{ path, text string }

// startMonitors starts the writer, which ends with the context. Nobody waits for
// it: a file system that hangs must not keep the daemon from ending.
func startMonitors(ctx context.Context, log logging.Sink) *monitors {
	m := &monitors{lines: make(chan monitorLine, maxLines), log: log}
	go func() {
		bad := make(map[string]bool)
		for {
			select {
			case <-ctx.Done():
				return
			case l := <-m.lines:
				err := appendTo(l.path, l.text)
				if err != nil && !bad[l.path] {
					logging.Logf(log, logging.Error, "write monitorfile: %v", err)
				}
				bad[l.path] = err != nil
			}
		}
	}()
	return m
}

// write queues a line; it is dropped if too many wait.
func (m *monitors) write(path, text string) {
	select {
	case m.lines <- monitorLine{path, text}:
	default:
	}
}

func appendTo(path, text string) error {
	// A FIFO that nobody reads is an error and no wait.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// identity is the middle of a monitor line: what makes a check the same to the
// original, its colons turned into blanks.
func identity(v *config.Virtual, r config.Real) string {
	words := []string{v.CheckType.String()}
	switch v.CheckType {
	case config.Negotiate, config.Combined:
		words = append(words, v.Service)
	case config.External:
		words = append(words, v.CheckCommand)
	}
	request, receive := v.Pair(r)
	host, port := "", ""
	if v.VirtualHost != nil {
		host = *v.VirtualHost
	}
	if v.CheckPort != 0 {
		port = fmt.Sprint(v.CheckPort)
	}
	words = append(words, v.Protocol.String(), check.Bracket(r.Addr), fmt.Sprint(r.Port), host, port, fmt.Sprint(r.Weight),
		r.Forward.String(), request, receive)
	text := strings.Join(words, ":")
	for strings.Contains(text, "::") {
		text = strings.ReplaceAll(text, "::", ":")
	}
	return strings.NewReplacer(":", " ", "\\", "").Replace(text)
}

func monitorText(r check.Result) string {
	if r.Text == "" {
		return "-"
	}
	return strings.NewReplacer("%", "%25", "|", "%7c", "\r", "%0d", "\n", "%0a").Replace(r.Text)
}
