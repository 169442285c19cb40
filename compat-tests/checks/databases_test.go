package checks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func mariadb(dir string) (*exec.Cmd, error) {
	data := filepath.Join(dir, "data")
	must(os.MkdirAll(data, 0o755))
	common := []string{
		"--no-defaults", "--user=root", "--datadir=" + data, "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M",
		"--innodb-fast-shutdown=2", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin",
	}
	if err := mariadbTables(common); err != nil {
		return nil, err
	}
	begin := filepath.Join(dir, "begin.sql")
	writeFile(begin, `CREATE DATABASE shop;
CREATE TABLE shop.stock (n INT);
INSERT INTO shop.stock VALUES (1), (2);
CREATE USER '`+user+`'@'%' IDENTIFIED BY '`+password+`';
GRANT ALL ON shop.* TO '`+user+`'@'%';
FLUSH PRIVILEGES;
`)
	return exec.Command("mariadbd", append(common, "--bind-address="+good+","+goodSix, "--socket="+filepath.Join(dir, "socket"),
		"--pid-file="+filepath.Join(dir, "pid"), "--init-file="+begin, "--skip-name-resolve", "--skip-ssl")...), nil
}

// mariadbTables makes what mariadb-install-db does, which is a script around the
// client's package.
func mariadbTables(options []string) error {
	sql := "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
	for _, name := range []string{"mysql_system_tables.sql", "mysql_system_tables_data.sql"} {
		text, err := os.ReadFile("/usr/share/mysql/" + name)
		if err != nil {
			return err
		}
		sql += string(text)
	}
	install := exec.Command("mariadbd", append(slices.Clone(options), "--bootstrap", "--skip-name-resolve")...)
	install.Stdin = strings.NewReader(sql)
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadbd --bootstrap: %w: %s", err, out)
	}
	return nil
}

// postgresBin finds a program of PostgreSQL, which Debian keeps by its version.
func postgresBin(name string) string {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return name
	}
	return found[len(found)-1]
}

func postgresql(dir string) (*exec.Cmd, error) {
	data := filepath.Join(dir, "data")
	must(os.Chmod(dir, 0o777))
	writeFile(filepath.Join(dir, "password"), password)
	// The server refuses to be root.
	as, err := credentials("postgres")
	if err != nil {
		return nil, err
	}
	initial := exec.Command(postgresBin("initdb"), "-D", data, "-U", user, "--pwfile="+filepath.Join(dir, "password"), "--no-sync",
		"--no-locale", "--encoding=UTF8", "--auth=scram-sha-256")
	initial.Dir, initial.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := initial.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	writeFile(filepath.Join(data, "pg_hba.conf"), "host all all 127.0.0.0/8 scram-sha-256\nhost all all ::1/128 scram-sha-256\nhost all all fd00::/16 scram-sha-256\n")
	cmd := exec.Command(postgresBin("postgres"), "-D", data, "-c", "listen_addresses="+good+","+goodSix, "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "shared_buffers=8MB", "-c", "autovacuum=off", "-c", "dynamic_shared_memory_type=mmap")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	return cmd, nil
}

func freeradius(dir string) (*exec.Cmd, error) {
	var listen strings.Builder
	for _, line := range []string{"ipaddr = " + good, "ipv6addr = " + goodSix} {
		fmt.Fprintf(&listen, "listen {\n type = auth\n %s\n port = 1812\n}\n", line)
	}
	writeFile(filepath.Join(dir, "radiusd.conf"), `prefix = /usr
logdir = `+dir+`
raddbdir = `+dir+`
run_dir = `+dir+`
libdir = /usr/lib/freeradius
pidfile = `+dir+`/pid
log {
	destination = files
	file = /dev/null
}
security {
	reject_delay = 0
	status_server = no
	allow_vulnerable_openssl = yes
}
modules {
	pap {
	}
}
client world {
	ipaddr = 127.0.0.0/8
	secret = `+secret+`
}
client six {
	ipv6addr = fd00::/16
	secret = `+secret+`
}
server default {
`+listen.String()+`
authorize {
	if (&User-Name == "`+user+`") {
		update control {
			&Cleartext-Password := "`+password+`"
		}
	}
	pap
}
authenticate {
	Auth-Type PAP {
		pap
	}
}
}
`)
	return exec.Command("freeradius", "-f", "-d", dir, "-n", "radiusd"), nil
}

func kamailio(dir string) (*exec.Cmd, error) {
	conf := filepath.Join(dir, "kamailio.cfg")
	writeFile(conf, `log_stderror=no
children=1
tcp_children=1
dns=no
rev_dns=no
auto_aliases=no
listen=udp:`+good+`:5060
listen=tcp:`+good+`:5060
listen=udp:[`+goodSix+`]:5060
listen=tcp:[`+goodSix+`]:5060
loadmodule "sl.so"
loadmodule "pv.so"
request_route {
	force_rport();
	if ($rU == "nobody") {
		sl_send_reply("404", "Not here");
		exit;
	}
	sl_send_reply("200", "OK");
}
`)
	return exec.Command("kamailio", "-DD", "-m", "16", "-M", "4", "-f", conf, "-Y", dir, "-P", filepath.Join(dir, "pid")), nil
}
