package director

import (
	"crypto/sha256"
	"errors"
	"net/netip"
	"os"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

// Loaded is a configuration that the director can run, with what it was made of.
type Loaded struct {
	Config *config.Config

	path    string
	digest  [32]byte // of the file
	answers *config.Answers
	report  *config.Report
}

// Load reads a configuration and makes sure that everything in it can be
// checked. The first value is nil if the report has failed.
func Load(path string, host config.Host) (*Loaded, *config.Report) {
	content, report := read(path)
	if report != nil {
		return nil, report
	}
	return parse(path, content, sha256.Sum256(content), config.NewAnswers(host))
}

// again is Load for the file that this was loaded from. If the file is as it was
// and the host says the same of all that the file names, then so is what they
// mean: the value is the same one.
func (l *Loaded) again(host config.Host) (*Loaded, *config.Report) {
	content, report := read(l.path)
	if report != nil {
		return nil, report
	}
	digest := sha256.Sum256(content)
	if digest != l.digest {
		return parse(l.path, content, digest, config.NewAnswers(host))
	}
	answers, same := l.answers.Again(host)
	if same {
		return l, l.report
	}
	return parse(l.path, content, digest, answers)
}

// read returns the content of a file, or the report that it has none.
func read(path string) ([]byte, *config.Report) {
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
	return content, nil
}

// parse makes sure that everything in a file can be checked.
func parse(path string, content []byte, digest [32]byte, answers *config.Answers) (*Loaded, *config.Report) {
	c, report := config.Parse(path, string(content), answers)
	if c == nil {
		return nil, report
	}
	for i := range c.Virtuals {
		examine(&c.Virtuals[i], report)
	}
	if report.Failed() {
		return nil, report
	}
	return &Loaded{Config: c, path: path, digest: digest, answers: answers, report: report}, report
}

// examine reports what cannot be checked of a service, and what cannot tell
// anything.
func examine(v *config.Virtual, report *config.Report) {
	if v.CheckType == config.Off {
		return
	}
	doubt := ""
	var before check.Target
	for j, r := range v.Reals {
		target := check.TargetOf(v, r)
		// What can be wrong does not lie in the address.
		alike := target
		alike.Addr, alike.Port = netip.Addr{}, 0
		if j > 0 && alike == before {
			continue
		}
		before = alike
		if text, meant := check.Doubt(target); text != "" && text != doubt {
			doubt = text
			report.Add(config.Finding{Line: v.Line, Text: text, Meant: meant, Ours: true})
		}
		if _, err := check.New(target, check.Env{}); err != nil {
			report.Add(config.Finding{Severity: config.Error, Line: v.Line, Text: err.Error()})
			return
		}
	}
}
