package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lvsha/pkg/ha/resource"
)

// ocfName is the script that runs any OCF agent: OCF::agent::instance.
const ocfName = "OCF"

// runOCF is OCF: the parameters of an instance are shell assignments in
// /etc/ha.d/conf/OCF/agent/instance. The original looks for the agents in a
// directory of the wrong depth and finds none.
func runOCF(ctx context.Context, path string, args []string, stdout, stderr io.Writer) int {
	if len(args) != 3 {
		return ocfUsage(path, stderr)
	}
	kind, instance, action := args[0], args[1], args[2]
	dir := os.Getenv("HA_DIR")
	if dir == "" {
		dir = "/etc/ha.d"
	}
	file := filepath.Join(dir, "conf", "OCF", kind, instance)
	found, _ := filepath.Glob(filepath.Join(ocfRoot(), "resource.d", "*", kind))
	if i, err := os.Stat(file); err != nil || !i.Mode().IsRegular() || len(found) == 0 || strings.Contains(kind, "/") {
		return ocfUsage(path, stderr)
	}
	c := &call{name: ocfName, ctx: ctx, stdout: stdout, stderr: stderr}
	c.log = resource.OpenAgentLog(kind+"_"+instance, os.Getenv, stderr)
	defer c.log.Close()
	name := "OCF Resource " + kind + "::" + instance
	operation := action
	switch action {
	case "start", "stop", "monitor":
	case "status":
		operation = "monitor"
	default:
		return ocfUsage(path, stderr)
	}
	env := append(os.Environ(), "OCF_RA_VERSION_MAJOR=1", "OCF_RA_VERSION_MINOR=0", "OCF_ROOT="+ocfRoot(),
		"OCF_TYPE="+kind, "OCF_RESOURCE_INSTANCE="+instance, "OCF_RES_NAME="+instance)
	// A shell reads the file; what it assigns is exported.
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `set -a; . "$1"; exec "$2" "$3"`, "OCF", file, found[0], operation)
	var said bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = env, stdout, stderr
	if action == "status" {
		cmd.Stdout = &said
	}
	code, err := exitStatus(cmd.Run())
	if err != nil {
		c.refuse("%s %s: %v", found[0], operation, err)
	}
	if action != "status" {
		return code
	}
	c.ocfStatus(name, code, strings.TrimSpace(said.String()))
	return code
}

// ocfStatus prints what heartbeat judges a status by, whatever the agent says.
func (c *call) ocfStatus(name string, code int, said string) {
	if said != "" {
		c.log.Line("info: " + said)
	}
	claims := strings.Contains(said, "OK") || strings.Contains(said, "running")
	switch {
	case code == 0 && !claims:
		said = name + " is running"
	case code != 0 && (claims || said == ""):
		said = name + " is stopped"
	}
	fmt.Fprintln(c.stdout, said)
}

func ocfUsage(path string, w io.Writer) int {
	fmt.Fprintf(w, `usage: %s OCF-resource-name OCF-instance-name operation-name

OCF-resource-name is the name of an OCF agent, a script in a directory
below %s.

OCF-instance-name is an instance of it: a file of assignments
/etc/ha.d/conf/OCF/OCF-resource-name/OCF-instance-name

operation-name is start, stop, status or monitor.

`, path, filepath.Join(ocfRoot(), "resource.d"))
	return failed
}
