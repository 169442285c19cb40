package ldirectord

import (
	"slices"
	"strings"
	"testing"
)

// normal makes two listings of ipvsadm comparable: blanks, the size of the
// connection table and the order of services and servers say nothing.
func normal(listing string) string {
	var head, services []string
	servers := make(map[string][]string)
	for _, line := range strings.Split(listing, "\n") {
		fields := strings.Fields(line)
		line = strings.Join(fields, " ")
		switch {
		case line == "":
		case strings.HasPrefix(line, "IP Virtual Server"):
			line, _, _ = strings.Cut(line, " (size")
			head = append(head, line)
		case fields[0] == "Prot", fields[0] == "->" && strings.HasPrefix(fields[1], "RemoteAddress"):
			head = append(head, line)
		case fields[0] == "->":
			last := services[len(services)-1]
			servers[last] = append(servers[last], line)
		default:
			services = append(services, line)
		}
	}
	slices.Sort(services)
	result := head
	for _, s := range services {
		result = append(result, s)
		list := servers[s]
		slices.Sort(list)
		result = append(result, list...)
	}
	return strings.Join(result, "\n")
}

func TestNormal(t *testing.T) {
	got := normal("IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward\n" +
		"TCP  10.0.0.2:80 wrr\n  -> b   1\n  -> a   1\nTCP  10.0.0.1:80 rr\n")
	want := "IP Virtual Server version 1.2.1\nProt LocalAddress:Port Scheduler Flags\n-> RemoteAddress:Port Forward\n" +
		"TCP 10.0.0.1:80 rr\nTCP 10.0.0.2:80 wrr\n-> a 1\n-> b 1"
	if got != want {
		t.Errorf("normal:\n%s\nwant:\n%s", got, want)
	}
}
