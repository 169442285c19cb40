package checks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The addresses of the world.
const (
	good      = "127.1.0.1" // every server
	goodSix   = "fd00::1"   // every server, too
	trusted   = "127.1.0.2" // servers with TLS, by their certificate
	expired   = "127.1.0.3"
	unknownCA = "127.1.0.4"
	slow      = "127.1.0.7" // every server, behind a proxy that takes its time
	silent    = "127.1.0.8" // every port takes connections, nothing is said
	refused   = "127.1.0.9" // nothing listens
)

// The logins of the world. They must not be seen anywhere.
const (
	user     = "checker"
	password = "Sesame-4711"
	wrong    = "Wrong-0815"
	secret   = "Radius-2342"
)

// server is a program of Debian.
type server struct {
	name, program string
	// prepare writes files into the server's directory and returns the command
	// that runs it in the foreground.
	prepare func(dir string) (*exec.Cmd, error)
	// ready are the addresses that take connections when it is up.
	ready []string
}

// tlsAddresses are the instances that differ by their certificate.
var tlsAddresses = map[string]string{"trusted": trusted, "expired": expired, "unknown": unknownCA}

var servers = []server{
	{"nginx", "nginx", nginx, []string{good + ":80", unknownCA + ":443", "[" + goodSix + "]:443"}},
	{"squid", "squid", squid, []string{good + ":3128"}},
	{"vsftpd", "vsftpd", vsftpd("listen=YES\nlisten_address=" + good), []string{good + ":21"}},
	{"vsftpd-six", "vsftpd", vsftpd("listen_ipv6=YES\nlisten_address6=" + goodSix), []string{"[" + goodSix + "]:21"}},
	{"opensmtpd", "smtpd", opensmtpd, []string{good + ":25", "[" + goodSix + "]:587"}},
	{"dovecot", "dovecot", dovecot, []string{good + ":143", unknownCA + ":995", "[" + goodSix + "]:110"}},
	{"slapd-trusted", "slapd", slapd("trusted", good, goodSix, trusted), []string{good + ":389", trusted + ":636"}},
	{"slapd-expired", "slapd", slapd("expired", expired), []string{expired + ":636"}},
	{"slapd-unknown", "slapd", slapd("unknown", unknownCA), []string{unknownCA + ":636"}},
	{"unbound", "unbound", unbound, []string{good + ":53", "[" + goodSix + "]:53"}},
	{"mariadb", "mariadbd", mariadb, []string{good + ":3306", "[" + goodSix + "]:3306"}},
	{"postgresql", postgresBin("postgres"), postgresql, []string{good + ":5432", "[" + goodSix + "]:5432"}},
	{"freeradius", "freeradius", freeradius, nil},
	{"kamailio", "kamailio", kamailio, []string{good + ":5060", "[" + goodSix + "]:5060"}},
	// leafnode is started for each connection, see serveNews.
	{"leafnode", "/usr/sbin/leafnode", nil, []string{good + ":119", "[" + goodSix + "]:119"}},
}

// certificates is where the servers find their keys.
func certificates(dir string) string { return filepath.Join(filepath.Dir(dir), "tls") }

func nginx(dir string) (*exec.Cmd, error) {
	var sites strings.Builder
	site := func(address, tls string) {
		fmt.Fprintf(&sites, "server { listen %s:80; ", address)
		if tls != "" {
			fmt.Fprintf(&sites, "listen %s:443 ssl; ssl_certificate %s/%s.crt; ssl_certificate_key %[2]s/%s.key; ", address, certificates(dir), tls, tls)
		}
		sites.WriteString(`root ` + dir + `/html; location /moved { return 302 /; } location /broken { return 500; }
			location /private { auth_basic x; auth_basic_user_file ` + dir + `/users; } }` + "\n")
	}
	site(good, "trusted")
	site("["+goodSix+"]", "trusted")
	for name, address := range tlsAddresses {
		site(address, name)
	}
	must(os.MkdirAll(filepath.Join(dir, "html"), 0o755))
	writeFile(filepath.Join(dir, "html/index.html"), "<html>\nTest Page\n</html>\n")
	writeFile(filepath.Join(dir, "users"), user+":{PLAIN}"+password+"\n")
	writeFile(filepath.Join(dir, "nginx.conf"), `daemon off; master_process off; pid nginx.pid; error_log stderr error;
events { }
http { access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
`+sites.String()+"}\n")
	return exec.Command("nginx", "-p", dir, "-c", "nginx.conf"), nil
}

func squid(dir string) (*exec.Cmd, error) {
	must(os.Chmod(dir, 0o777))
	writeFile(filepath.Join(dir, "squid.conf"), `http_port `+good+`:3128
http_port [`+goodSix+`]:3128
http_access allow all
cache deny all
cache_mem 4 MB
memory_pools off
access_log none
cache_log /dev/null
pid_filename none
shutdown_lifetime 0 seconds
visible_hostname squid.example.org
coredump_dir `+dir+`
netdb_filename none
icon_directory /usr/share/squid/icons
`)
	return exec.Command("squid", "-N", "-f", filepath.Join(dir, "squid.conf")), nil
}

// The ports of vsftpd's data connections; the slow proxy has them, too.
const passiveFirst, passiveLast = 40021, 40032

func vsftpd(listen string) func(string) (*exec.Cmd, error) {
	return func(dir string) (*exec.Cmd, error) {
		must(os.MkdirAll(filepath.Join(dir, "pub"), 0o755))
		must(os.MkdirAll(filepath.Join(dir, "empty"), 0o755))
		writeFile(filepath.Join(dir, "pub/check.txt"), "All is well\n")
		conf := filepath.Join(dir, "vsftpd.conf")
		writeFile(conf, listen+fmt.Sprintf(`
background=NO
anonymous_enable=YES
local_enable=NO
anon_root=%s/pub
secure_chroot_dir=%[1]s/empty
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
port_promiscuous=YES
pasv_promiscuous=YES
pasv_min_port=%[2]d
pasv_max_port=%[3]d
`, dir, passiveFirst, passiveLast))
		return exec.Command("vsftpd", conf), nil
	}
}

func opensmtpd(dir string) (*exec.Cmd, error) {
	conf := filepath.Join(dir, "smtpd.conf")
	var listen strings.Builder
	for _, address := range []string{good, goodSix} {
		for _, port := range []int{25, 587} {
			fmt.Fprintf(&listen, "listen on %s port %d hostname mail.example.org\n", address, port)
		}
	}
	writeFile(conf, listen.String()+`action "drop" maildir "`+dir+`/mail"
match from any for any reject
`)
	return exec.Command("smtpd", "-d", "-f", conf), nil
}

func dovecot(dir string) (*exec.Cmd, error) {
	conf := filepath.Join(dir, "dovecot.conf")
	text := `protocols = imap pop3
base_dir = ` + dir + `/run
state_dir = ` + dir + `/run
log_path = /dev/null
listen = ` + strings.Join([]string{good, goodSix, trusted, expired, unknownCA}, ", ") + `
ssl = yes
ssl_cert = <` + certificates(dir) + `/trusted.crt
ssl_key = <` + certificates(dir) + `/trusted.key
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
login_trusted_networks = 127.0.0.0/8
passdb {
  driver = passwd-file
  args = ` + dir + `/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=` + dir + `/home
}
mail_location = maildir:` + dir + `/home/mail
first_valid_uid = 1
first_valid_gid = 1
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`
	writeFile(filepath.Join(dir, "users"), user+":{PLAIN}"+password+"\n")
	for name, address := range tlsAddresses {
		text += fmt.Sprintf("local %s {\n  ssl_cert = <%s/%s.crt\n  ssl_key = <%[2]s/%[3]s.key\n}\n", address, certificates(dir), name)
	}
	writeFile(conf, text)
	must(os.MkdirAll(filepath.Join(dir, "home"), 0o777))
	must(os.Chmod(filepath.Join(dir, "home"), 0o777))
	return exec.Command("dovecot", "-F", "-c", conf), nil
}

func slapd(certificate string, addresses ...string) func(string) (*exec.Cmd, error) {
	return func(dir string) (*exec.Cmd, error) {
		conf := filepath.Join(dir, "slapd.conf")
		must(os.MkdirAll(filepath.Join(dir, "data"), 0o700))
		writeFile(conf, `include /etc/ldap/schema/core.schema
TLSCertificateFile `+certificates(dir)+`/`+certificate+`.crt
TLSCertificateKeyFile `+certificates(dir)+`/`+certificate+`.key
database ldif
directory `+dir+`/data
suffix "dc=example,dc=org"
rootdn "cn=`+user+`,dc=example,dc=org"
rootpw `+password+`
`)
		writeFile(filepath.Join(dir, "base.ldif"), `dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example
`)
		if out, err := exec.Command("slapadd", "-f", conf, "-l", filepath.Join(dir, "base.ldif")).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("slapadd: %w: %s", err, out)
		}
		var urls []string
		for _, a := range addresses {
			if strings.Contains(a, ":") {
				a = "[" + a + "]"
			}
			urls = append(urls, "ldap://"+a+" ldaps://"+a)
		}
		return exec.Command("slapd", "-d", "0", "-f", conf, "-h", strings.Join(urls, " ")), nil
	}
}

func unbound(dir string) (*exec.Cmd, error) {
	conf := filepath.Join(dir, "unbound.conf")
	writeFile(conf, `server:
	interface: `+good+`
	interface: `+goodSix+`
	access-control: 127.0.0.0/8 allow
	access-control: fd00::/16 allow
	access-control: ::1 allow
	do-daemonize: no
	chroot: ""
	username: ""
	directory: "`+dir+`"
	pidfile: ""
	use-syslog: no
	local-zone: "example.org." static
	local-data: "www.example.org. A 192.0.2.1"
	local-data: "www.example.org. A 192.0.2.2"
	local-data-ptr: "192.0.2.1 www.example.org"
remote-control:
	control-enable: no
`)
	return exec.Command("unbound", "-d", "-c", conf), nil
}
