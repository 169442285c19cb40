package main

import (
	"bytes"
	"fmt"
	"testing"
)

func TestCLStatusParse(t *testing.T) {
	for _, c := range []struct {
		options, want string
		args          []string
		bad           bool
	}{
		{options: "m", args: []string{"a", "-m", "b"}, want: "[a b] map[109:]"},
		{options: "m", args: []string{"--", "-m"}, want: "[-m] map[]"},
		{options: "mp:", args: []string{"-mpname"}, want: "[] map[109: 112:name]"},
		{options: "mp:", args: []string{"-p", "-m"}, want: "[] map[112:-m]"},
		{options: "mp:", args: []string{"-p"}, bad: true},
		{options: "m", args: []string{"-x"}, bad: true},
		{options: "m:", args: []string{"-:"}, bad: true},
		{options: "m", args: []string{"-"}, want: "[-] map[]"},
	} {
		sub := &clStatus{stderr: new(bytes.Buffer)}
		bad := sub.parse(c.options, c.args, false)
		if bad != c.bad || !bad && fmt.Sprint(sub.args, " ", sub.flags) != c.want {
			t.Errorf("%q: %v, %s, want %s", c.args, bad, fmt.Sprint(sub.args, " ", sub.flags), c.want)
		}
	}
}

func TestCLStatusWithoutDaemon(t *testing.T) {
	for _, c := range []struct {
		args   []string
		want   string
		status int
	}{
		{nil, clStatusUsage, exitOK},
		{[]string{"-h"}, clStatusUsage, exitOK},
		{[]string{"nonsense"}, "", statusBadArgument},
		{[]string{"-h", "x"}, "", statusBadArgument},
		{[]string{"listlinks", "--json"}, "", statusBadArgument},
	} {
		var out, errs bytes.Buffer
		if status := runCLStatus("cl_status", c.args, &out, &errs); status != c.status || out.String() != c.want {
			t.Errorf("%q: %d, %q", c.args, status, out.String())
		}
		if (errs.Len() > 0) != (c.status != exitOK) {
			t.Errorf("%q: standard error %q", c.args, errs.String())
		}
	}
}
