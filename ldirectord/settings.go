package main

import (
	"crypto/x509"
	"os"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/sysconfig"
)

// sysconfigFile holds what ldirectord.cf cannot say.
const sysconfigFile = "/etc/sysconfig/ldirectord"

// readVerify reads how certificates are judged. What is wrong is logged and
// leaves them unverified: servers must not go down for a word misspelt.
func readVerify(path string, log logging.Sink) check.Verify {
	file, err := sysconfig.Read(path)
	if err != nil {
		log.Log(logging.Warn, err.Error())
		return check.Verify{}
	}
	level, err := check.ParseVerifyLevel(file.Text("TLS_VERIFY", "no"))
	if err != nil {
		logging.Logf(log, logging.Warn, "%s: TLS_VERIFY=%v; certificates are not verified", path, err)
		return check.Verify{}
	}
	v := check.Verify{Level: level}
	ca := file.Text("TLS_CA", "")
	if level == check.VerifyNone || ca == "" {
		return v
	}
	content, err := os.ReadFile(ca)
	if err != nil {
		logging.Logf(log, logging.Warn, "%s: TLS_CA: %v; certificates are not verified", path, err)
		return check.Verify{}
	}
	v.Roots = x509.NewCertPool()
	if !v.Roots.AppendCertsFromPEM(content) {
		logging.Logf(log, logging.Warn, "%s: TLS_CA: %s has no certificate; certificates are not verified", path, ca)
		return check.Verify{}
	}
	return v
}

// readLogFormat reports whether the log is to be JSON. What is wrong is logged and
// leaves the lines as they were.
func readLogFormat(path string, log logging.Sink) bool {
	file, err := sysconfig.Read(path)
	if err != nil {
		log.Log(logging.Warn, err.Error())
		return false
	}
	asJSON, err := logging.ParseFormat(file.Text("LOG_FORMAT", ""))
	if err != nil {
		logging.Logf(log, logging.Warn, "%s: LOG_FORMAT=%v; lines stay as they were", path, err)
	}
	return asJSON
}
