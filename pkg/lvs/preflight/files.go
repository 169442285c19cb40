package preflight

import (
	"os"
	"path/filepath"
	"strings"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/system/preflight"
)

// mailPrograms are tried for mail where no smtp= names a server.
var mailPrograms = []string{"/usr/sbin/sendmail", "/usr/lib/sendmail"}

// checkFiles looks for the places that the file names for what is written.
func (o Options) checkFiles(c *config.Config, report *preflight.Report) {
	missing := func(line int, what, path string) {
		dir := filepath.Dir(path)
		if info, err := os.Stat(o.Machine.Path(dir)); err != nil || !info.IsDir() {
			report.Add(preflight.Finding{Severity: preflight.Warning, File: report.Path, Line: line, Text: what + " " + path + ": there is no directory " + dir})
		}
	}
	if strings.HasPrefix(c.Global.LogFile, "/") {
		missing(0, "logfile", c.Global.LogFile)
	}
	mail := 0
	for i := range c.Virtuals {
		v := &c.Virtuals[i]
		if v.MonitorFile != "" {
			missing(v.Line, "monitorfile", v.MonitorFile)
		}
		if v.Alert.To != "" && v.Alert.SMTP == "" && mail == 0 {
			mail = v.Line
		}
	}
	if mail == 0 {
		return
	}
	for _, program := range mailPrograms {
		if _, err := os.Stat(o.Machine.Path(program)); err == nil {
			return
		}
	}
	report.Add(preflight.Finding{
		Severity: preflight.Warning, File: report.Path, Line: mail,
		Text: "emailalert: no mail can be sent: there is no " + mailPrograms[0] + ", and no smtp= names a server",
	})
}
