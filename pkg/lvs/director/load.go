package director

import (
	"crypto/sha256"
	"errors"
	"os"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

// Loaded is a configuration that the director can run.
type Loaded struct {
	Config *config.Config
	digest [32]byte
}

// Load reads a configuration and makes sure that everything in it can be
// checked. The first value is nil if the report has failed.
func Load(path string, host config.Host) (*Loaded, *config.Report) {
	content, err := os.ReadFile(path)
	if err != nil {
		report := &config.Report{Path: path}
		cause := err
		if pathError := (*os.PathError)(nil); errors.As(err, &pathError) {
			cause = pathError.Err
		}
		report.Add(config.Finding{Severity: config.Error, Text: "can not open file " + path, Meant: cause.Error()})
		return nil, report
	}
	c, report := config.Parse(path, string(content), host)
	if c == nil {
		return nil, report
	}
	for i := range c.Virtuals {
		v := &c.Virtuals[i]
		doubt := ""
		for _, r := range v.Reals {
			if v.CheckType == config.Off {
				break
			}
			target := check.TargetOf(v, r)
			if text, meant := check.Doubt(target); text != "" && text != doubt {
				doubt = text
				report.Add(config.Finding{Line: v.Line, Text: text, Meant: meant, Ours: true})
			}
			if _, err := check.New(target, check.Env{}); err != nil {
				report.Add(config.Finding{Severity: config.Error, Line: v.Line, Text: err.Error()})
				break
			}
		}
	}
	if report.Failed() {
		return nil, report
	}
	return &Loaded{Config: c, digest: sha256.Sum256(content)}, report
}
