package config

import (
	"errors"
	"strings"

	"lvsha/pkg/ha/fence"
)

// setStonith reads "TYPE FILE".
func setStonith(p *parser, s statement) *problem {
	words := s.fields()
	if len(words) == 0 {
		return refuse("stonith wants a type and a file").as(legacyError("No Stonith type given"))
	}
	kind := words[0].text
	if _, bad := p.device(kind); bad != nil {
		return bad
	}
	noFile := func(file, format string, args ...any) *problem {
		return refuse(format, args...).as(legacyError("glib: Cannot open %s", file), legacyError("Invalid Stonith config file [%s]", file))
	}
	if len(words) == 1 {
		return noFile("", "stonith %s wants a file", kind)
	}
	file := words[1].text
	if p.host.Stat != nil {
		if _, err := p.host.Stat(file); err != nil {
			return noFile(file, "%v", err)
		}
	}
	p.ha.Fence = &Fence{Type: kind, File: file, Line: s.line}
	return nil
}

// setStonithHost reads "HOST TYPE PARAMETERS…"; lines for other hosts count for
// nothing.
func setStonithHost(p *parser, s statement) *problem {
	words := s.fields()
	if len(words) == 0 {
		return refuse("stonith_host wants a host, a type and parameters").as(
			legacyError("No Stonith hostname argument given"))
	}
	host := words[0].text
	if host != "*" && lower(host) != p.nodeName() {
		return nil
	}
	if len(words) == 1 {
		return refuse("stonith_host %s wants a type", host).as(legacyError("No Stonith type given"))
	}
	kind := words[1].text
	wanted, bad := p.device(kind)
	if bad != nil {
		return bad
	}
	f := &Fence{Type: kind, Line: s.line}
	for _, w := range words[2:] {
		f.Params = append(f.Params, w.text)
	}
	if len(f.Params) < len(wanted) {
		return refuse("%s wants the parameters %s", kind, strings.Join(wanted, " ")).as(
			legacyError("Invalid Stonith configuration parameter [%s]", strings.Join(f.Params, " ")))
	}
	p.ha.Fence = f
	return nil
}

// device asks for the parameters of a type of device.
func (p *parser) device(kind string) ([]string, *problem) {
	if p.host.FenceParameters == nil {
		return nil, nil
	}
	wanted, err := p.host.FenceParameters(kind)
	switch {
	case err == nil:
		return wanted, nil
	case errors.Is(err, fence.ErrNoDevice):
		return nil, refuse("the stonith tool knows no device %s; stonith -L lists them", kind).as(
			legacyError("Invalid Stonith type [%s]", kind))
	}
	return nil, refuse("%v: nothing could fence the other node", err).as(
		legacyError("Invalid Stonith type [%s]", kind))
}
