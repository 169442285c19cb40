package check

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// dnsReply is what matters of an answer.
type dnsReply struct {
	code      dnsmessage.RCode
	truncated bool
	records   int      // in the answer section, of any type
	values    []string // the addresses of A and the names of PTR records
}

// errOtherID says that a datagram answers another question.
var errOtherID = errors.New("the answer is to another question")

func parseDNS(id uint16, message []byte) (dnsReply, error) {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil {
		return dnsReply{}, fmt.Errorf("answer: %w", err)
	}
	if header.ID != id || !header.Response {
		return dnsReply{}, errOtherID
	}
	reply := dnsReply{code: header.RCode, truncated: header.Truncated}
	if err := p.SkipAllQuestions(); err != nil {
		return dnsReply{}, fmt.Errorf("answer: %w", err)
	}
	for {
		record, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return reply, nil
		}
		if err != nil {
			return dnsReply{}, fmt.Errorf("answer: %w", err)
		}
		reply.records++
		value, err := recordValue(&p, record.Type)
		if err != nil {
			return dnsReply{}, fmt.Errorf("answer: %w", err)
		}
		if value != "" {
			reply.values = append(reply.values, value)
		}
	}
}

// recordValue returns what receive is compared with, empty for other types.
func recordValue(p *dnsmessage.Parser, kind dnsmessage.Type) (string, error) {
	switch kind {
	case dnsmessage.TypeA:
		a, err := p.AResource()
		return netip.AddrFrom4(a.A).String(), err
	case dnsmessage.TypePTR:
		ptr, err := p.PTRResource()
		return strings.TrimSuffix(ptr.PTR.String(), "."), err
	}
	return "", p.SkipAnswer()
}

// machineDomains are the search domains of this machine: LOCALDOMAIN in the
// environment, else the last of search and domain in resolv.conf(5).
func machineDomains() []string {
	if local, ok := os.LookupEnv("LOCALDOMAIN"); ok {
		return strings.Fields(local)
	}
	f, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	defer f.Close()
	var domains []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) > 1 && (words[0] == "search" || words[0] == "domain") {
			domains = words[1:]
		}
	}
	return domains
}
