package director

import (
	"fmt"
	"os"
	"strings"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
)

// monitor appends a line to the monitorfile of a service, ldirectord(8)
// monitorfile. A file that cannot be written is logged once.
func (d *Director) monitor(s *service, i int, o outcome) {
	v := s.config
	if v.MonitorFile == "" || v.CheckType == config.On || v.CheckType == config.ExternalPerl {
		return
	}
	line := fmt.Sprintf("[%s] [%d] %s [%s] %s\n", time.Now().Format("Mon Jan _2 15:04:05 2006"), d.o.PID, identity(v, v.Reals[i]),
		map[bool]string{true: "up", false: "down"}[o.verdict == health.Passed], monitorText(o.result))
	f, err := os.OpenFile(v.MonitorFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(line)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		d.logOnce(fmt.Errorf("write monitorfile: %w", err))
	}
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
