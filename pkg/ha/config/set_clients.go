package config

import (
	"path"
	"strings"
)

// apiauthHelp is what the original says below each bad apiauth line.
func apiauthHelp() []Line {
	return []Line{
		legacyInfo("Syntax: apiauth client [uid=uidlist] [gid=gidlist]"),
		legacyInfo("Where uidlist is a comma-separated list of uids,"),
		legacyInfo("and gidlist is a comma-separated list of gids"),
		legacyInfo("One or the other must be specified."),
	}
}

// setAPIAuth reads "CLIENT [uid=LIST] [gid=LIST]".
func setAPIAuth(p *parser, s statement) *problem {
	bad := func(legacy []Line, format string, args ...any) *problem {
		legacy = append(legacy, legacyError("Invalid apiauth directive [%s]", s.rest))
		return refuse(format, args...).as(append(legacy, apiauthHelp()...)...)
	}
	words := s.fields()
	if len(words) < 2 {
		return bad(nil,
			"apiauth wants a client and uid=LIST or gid=LIST, without blanks in the lists")
	}
	auth := APIAuth{Client: words[0].text, Line: s.line}
	const maxClient = 31
	if len(auth.Client) > maxClient {
		return bad([]Line{legacyError("client name [%s] too long", s.rest)}, "a client name has at most %d bytes", maxClient)
	}
	for _, w := range words[1:] {
		kind, list, ok := strings.Cut(w.text, "=")
		target := &auth.UIDs
		switch {
		case !ok || kind != "uid" && kind != "gid":
			return bad([]Line{legacyError("Missing uid or gid in apiauth")},
				"%s is neither uid=LIST nor gid=LIST; a list has no blanks", w.text)
		case kind == "gid":
			target = &auth.GIDs
		}
		if *target != nil {
			return bad([]Line{legacyError("Duplicate %s list in apiauth", kind)}, "%s= stands twice", kind)
		}
		*target = strings.FieldsFunc(list, func(c rune) bool { return c == ',' })
		if *target == nil {
			*target = []string{}
		}
	}
	if name, ok := allExist(auth.UIDs, p.host.HasUser); !ok {
		return bad([]Line{legacyError("Invalid user id name [%s]", name), legacyError("Bad uid list [%s]", strings.Join(auth.UIDs, ","))},
			"there is no user %s", name)
	}
	if name, ok := allExist(auth.GIDs, p.host.HasGroup); !ok {
		return bad([]Line{legacyError("Invalid group name [%s]", name), legacyError("Bad gid list [%s]", strings.Join(auth.GIDs, ","))},
			"there is no group %s", name)
	}
	if p.clients[auth.Client] {
		return bad([]Line{legacyError("Duplicate apiauth directive for API client %s: [%s]", auth.Client, s.rest)},
			"there is an apiauth line for %s already", auth.Client)
	}
	p.clients[auth.Client] = true
	p.ha.APIAuth = append(p.ha.APIAuth, auth)
	return nil
}

// allExist returns the first name that is no account. A word that begins with a
// digit is a number.
func allExist(names []string, exists func(string) bool) (string, bool) {
	for _, name := range names {
		if !isDigit(name[0]) && exists != nil && !exists(name) {
			return name, false
		}
	}
	return "", true
}

// ownDirs are the directories where packages of heartbeat keep its programs.
var ownDirs = []string{"/usr/libexec/heartbeat/", "/usr/lib/heartbeat/", "/usr/lib64/heartbeat/"}

// setRespawn serves respawn and failfast: "USER COMMAND LINE…".
func setRespawn(p *parser, s statement) *problem {
	words := s.fields()
	user, command := "", ""
	if len(words) > 0 {
		user = words[0].text
	}
	if len(words) > 1 {
		command = words[1].text
	}
	if user == "" || isDigit(user[0]) || p.host.HasUser != nil && !p.host.HasUser(user) {
		return refuse("%s wants the login name of a user that exists, not %q", s.name.text, user).as(
			legacyError("Invalid uid [%s] specified for client child", user))
	}
	if !strings.HasPrefix(command, "/") {
		return refuse("%s wants the full path of a program, not %q", s.name.text, command).as(
			legacyError("Client child command [%s] is not full pathname", command))
	}
	rest := strings.TrimPrefix(s.rest[words[1].column-s.at:], command)
	found, ok := p.program(command)
	if !ok {
		return refuse("there is no such program").as(
			legacyError("Client child command [%s] is not executable", command))
	}
	if found != command {
		p.warn(s, words[1], "%s is taken for %s", found, command)
	}
	p.ha.Respawn = append(p.ha.Respawn, Client{
		User: user, Command: found + rest, Failfast: s.name.text == "failfast", Line: s.line,
	})
	return nil
}

// program looks for a program, and for one of heartbeat's own in every directory
// that its packages have used. The own ones are accepted even if they are
// missing: the file worked before the package was changed.
func (p *parser) program(command string) (string, bool) {
	if p.executable(command) {
		return command, true
	}
	for _, dir := range ownDirs {
		if !strings.HasPrefix(command, dir) {
			continue
		}
		for _, other := range ownDirs {
			if name := path.Join(other, path.Base(command)); p.executable(name) {
				return name, true
			}
		}
		return command, true
	}
	return command, false
}

func (p *parser) executable(name string) bool {
	if p.host.Stat == nil {
		return true
	}
	info, err := p.host.Stat(name)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
