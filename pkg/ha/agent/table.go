package agent

import (
	"os"
	"strconv"
	"strings"
)

// script is one name in resource.d.
type script struct {
	// usage follows the name in the usage line; word begins that line.
	word, usage string
	// least and most are how many arguments may stand before the action.
	least, most int
	// usageIsSuccess: asking for the usage succeeds. The original's scripts differ.
	usageIsSuccess bool
	// bind turns the arguments into parameters. Each is optional from the right.
	bind func(args []string) params
	// own carries the action out and gives an OCF exit code; nil runs the OCF agent.
	own func(c *call, action string) int
	// complain says what is wrong with the number of arguments; nil says nothing.
	complain func(n int) string
}

// params are the parameters of an OCF agent.
type params struct {
	instance string // what the resource is, for logs; "" is the name alone
	names    []string
	values   map[string]string
	refused  string // why the arguments are no parameters; "" they are
}

func (p *params) set(name, value string) {
	if p.values == nil {
		p.values = make(map[string]string)
	}
	p.names = append(p.names, name)
	p.values[name] = value
}

// named binds arguments to names in their order; by is the index of the argument
// that names the instance, -1 for none.
func named(by int, names ...string) func([]string) params {
	return func(args []string) params {
		var p params
		for i, a := range args {
			p.set(names[i], a)
			if i == by {
				p.instance = a
			}
		}
		return p
	}
}

// scripts are the names in resource.d.
var scripts = map[string]script{
	"IPsrcaddr": {word: "usage", usage: " <ip-address>", least: 1, most: 1, bind: named(-1, "ipaddress"), own: (*call).sourceAddress},
	"SendArp": {
		word: "usage", usage: " ip-address/interface", least: 1, most: 1, usageIsSuccess: true, own: (*call).sendARP,
		bind: func(args []string) params {
			var p params
			ip, nic, ok := strings.Cut(args[0], "/")
			if !ok {
				nic = ip
			}
			p.instance = ip
			p.set("ip", ip)
			p.set("nic", nic)
			return p
		},
	},
	"MailTo": {
		word: "Usage", usage: " <email> [<subject>]", least: 1, most: 2, bind: named(-1, "email", "subject"), own: (*call).mailTo,
		complain: func(n int) string {
			if n < 2 {
				return "At least 1 Email address has to be given!"
			}
			return "Additional parameters found: " + strconv.Itoa(n) + " but max. 3 are allowed!"
		},
	},
	"Delay": {
		word: "usage", usage: " [delay [stopdelay]]", most: 2, own: (*call).delay,
		bind: func(args []string) params {
			p := named(0, "startdelay", "stopdelay")(args)
			if len(args) == 0 {
				p.instance = defaultStartDelay
			}
			return p
		},
	},
	"portblock": {
		word: "usage", usage: " {udp|tcp} portno,portno {block|unblock}", least: 3, most: 3, own: (*call).portBlock,
		bind: func(args []string) params {
			p := named(-1, "protocol", "portno", "action")(args)
			p.instance = strings.Join(args, "_")
			return p
		},
	},
	"Filesystem": {
		word: "usage", usage: " <device> <directory> [<fstype> [<options>]]", least: 2, most: 4, own: (*call).fileSystem,
		bind: named(0, "device", "directory", "fstype", "options"),
	},
	"Xinetd":       {word: "Usage", usage: " <xinetd-service-name>", least: 1, most: 1, bind: named(-1, "service")},
	"apache":       {word: "usage", usage: " [config-file-pathname]", most: 1, bind: named(0, "configfile")},
	"LVM":          {word: "usage", usage: " <LVM-configuration file>", least: 1, most: 1, bind: named(-1, "volgrpname")},
	"Raid1":        {word: "usage", usage: " <raidtab_config_file> <md_dev_name>", least: 2, most: 2, usageIsSuccess: true, bind: named(0, "raidconf", "raiddev")},
	"ICP":          {word: "usage", usage: " <ICP cluster drive ID> <device>", least: 2, most: 2, bind: named(0, "driveid", "device")},
	"LinuxSCSI":    {word: "usage", usage: "  <host>:<channel>:<target>[:<lun>]", least: 1, most: 1, bind: named(0, "scsi")},
	"ServeRAID":    {word: "usage", usage: " <serveraid#> <sharedmergegroup#>", least: 2, most: 2, bind: named(0, "serveraid", "mergegroup")},
	"db2":          {word: "usage", usage: " db2-database-owner-id", least: 1, most: 1, bind: named(0, "instance")},
	"ids":          {word: "usage", usage: " [<INFORMIXDIR> <INFORMIXSERVER> <ONCONFIG>]", most: 3, bind: named(1, "informixdir", "informixserver", "onconfig")},
	"AudibleAlarm": {word: "Usage", usage: " [node1 node2 ... ]", most: 64, usageIsSuccess: true, bind: nodeList},
	"WinPopup": {
		word: "Usage", usage: " [workstationfile]", most: 1,
		bind: func(args []string) params { return named(-1, "hostfile")(append(args, "hosts")[:1]) },
		complain: func(n int) string {
			if n == 0 {
				return ""
			}
			return "Additional parameters found: " + strconv.Itoa(n) + " but only 2 are allowed!"
		},
	},
	"WAS": {word: "usage", usage: " [<WAS-configuration file>|<WAS-(snoop)-port-number>]", most: 1, bind: webSphere},
}

// nodeList binds all arguments as one.
func nodeList(args []string) params {
	var p params
	p.set("nodelist", strings.Join(args, " "))
	return p
}

// webSphere tells the file of the single server edition from the port of the
// advanced one.
func webSphere(args []string) params {
	var p params
	if len(args) == 0 {
		return p
	}
	if i, err := os.Stat(args[0]); err == nil && i.Mode().IsRegular() {
		p.set("config", args[0])
	} else if _, err := strconv.ParseUint(args[0], 10, 16); err == nil {
		p.set("port", args[0])
	} else {
		p.refused = "ERROR: " + args[0] + " is neither a WAS configuration file nor a valid port number!"
	}
	return p
}
