package check

import "lvsha/pkg/lvs/config"

// Doubt says why a check cannot tell anything about its server: the
// configuration leaves out what it needs. Empty: nothing is wrong. The
// verdicts are the original's.
func Doubt(t Target) (text, meant string) {
	if t.Type != config.Negotiate && t.Type != config.Combined {
		return "", ""
	}
	switch t.Service {
	case "http_proxy":
		if _, invalid := proxyHop(t); invalid != "" {
			return "service=http_proxy with a request that is no http:// URL is always down", "request=\"http://HOST/PATH\""
		}
	case "pop", "pops":
		if t.Login == "" {
			return "service=" + t.Service + " without login is always up", "set login and passwd, or use checktype=connect"
		}
	case "mysql", "pgsql", "oracle":
		return sqlDoubt(t)
	case "ftp":
		if t.Receive == "" {
			return "service=ftp without receive is always up", "set receive to a part of the file"
		}
	case "dns":
		if t.Receive == "" {
			return "service=dns without receive is always down", "set receive to an address or a part of it"
		}
	}
	return "", ""
}
