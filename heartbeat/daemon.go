package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/node"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// The paths of the original.
const (
	configDir = "/etc/ha.d/"
	pidFile   = "/var/run/heartbeat.pid"
	lockFile  = "/var/run/heartbeat.lock"
	stateDir  = "/var/lib/heartbeat"
	// logdSocket is where ha_logd(8) listens.
	logdSocket = stateDir + "/log_daemon"
	coreRoot   = "/var/lib/heartbeat/cores"
	runDir     = "/var/run/heartbeat"
	tmpDir     = runDir + "/rsctmp"
)

// memoryLimit keeps the collector from letting a small daemon grow.
const memoryLimit = 16 << 20

// runStart checks the configuration and starts the daemon. It returns when the
// daemon hears and speaks, or with the reason why it does not.
func runStart(o options, stdout, stderr io.Writer) int {
	if daemon.Detached() || o.foreground {
		return live(o, stderr)
	}
	cfg, report := config.Load(configDir, config.SystemHost())
	log := openLog(cfg, stderr, o)
	for _, line := range report.Lines() {
		log.Log(line.Level, line.Text)
	}
	if !report.OK() {
		log.Close()
		return report.Status
	}
	if pid, running := runningDaemon(); running {
		logging.Logf(log, logging.Info, "heartbeat: already running [pid %d].", pid)
		log.Close()
		return exitOK
	}
	log.Log(logging.Info, "**************************")
	logging.Logf(log, logging.Info, "Configuration validated. Starting heartbeat %s", version)
	log.Close()
	dir, err := workDir(cfg.HA)
	if err != nil {
		fmt.Fprintf(stderr, "heartbeat: WARN: working directory: %v\n", err) // the disk may be full
		dir = "/"
	}
	result, err := daemon.Detach(daemon.DetachOptions{Dir: dir})
	if err != nil {
		fmt.Fprintf(stderr, "heartbeat: ERROR: start in the background: %v\n", err)
		return exitFailed
	}
	if result.Status != exitOK {
		fmt.Fprintf(stderr, "heartbeat: ERROR: %s\n", result.Text)
	}
	return result.Status
}

// runningDaemon is the process id of the daemon, if it runs.
func runningDaemon() (pid int, running bool) {
	pid, state := daemon.Find(pidFile, daemon.SameProgram)
	return pid, state == daemon.Running
}

// takeLock makes sure that this is the only daemon. The error is daemon.ErrLocked if
// another one runs. A daemon that was just killed, or what it was about to start, has
// the lock for a moment: who kills the daemon and starts it at once means it.
func takeLock() (*daemon.Lock, error) {
	lock, err := daemon.TryLock(lockFile)
	if !errors.Is(err, daemon.ErrLocked) {
		return lock, err
	}
	if _, running := runningDaemon(); running {
		return nil, err
	}
	const limit = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	lock, err = daemon.WaitLock(ctx, lockFile)
	if _, running := runningDaemon(); err != nil && running {
		return nil, daemon.ErrLocked // it has only now written its number
	}
	return lock, err
}

// workDir makes the directory of the daemon, where its core dumps would lie.
func workDir(ha config.HA) (string, error) {
	root := ha.Coreroot
	if root == "" {
		root = coreRoot
	}
	dir := filepath.Join(root, "root")
	return dir, os.MkdirAll(dir, 0o755)
}

// live is the life of the daemon process.
func live(o options, stderr io.Writer) int {
	// One message is little work: passing it from one processor to another costs
	// more than both could do at the same time.
	runtime.GOMAXPROCS(1)
	cfg, report := config.Load(configDir, config.SystemHost())
	terminal := stderr
	if daemon.Detached() {
		terminal = nil
	}
	log := openLog(cfg, terminal, o)
	defer func() { log.Close() }()
	if o.foreground {
		for _, line := range report.Lines() {
			log.Log(line.Level, line.Text)
		}
	}
	if !report.OK() {
		daemon.Fail(report.Status, "Configuration error, heartbeat not started.")
		return report.Status
	}
	if cfg.HA.Coredumps {
		daemon.DumpCore()
	}
	lock, err := takeLock()
	if errors.Is(err, daemon.ErrLocked) {
		// Somebody else was faster.
		daemon.Fail(exitOK, "")
		return exitOK
	}
	if err != nil {
		return fail(log, exitFailed, fmt.Errorf("lock: %w", err))
	}
	defer func() { _ = lock.Release() }()
	manager := daemon.NewNotifier()
	commands, ignore := signals(manager)
	defer ignore()
	var kept *node.Reconfigured
	for {
		err := serve(cfg, o, log, manager, commands, kept)
		if !errors.As(err, &kept) {
			if err != nil {
				return fail(log, exitFailed, err)
			}
			return exitOK
		}
		cfg = kept.Config
		log.Log(logging.Info, "Performing heartbeat restart exec.")
		log.Close()
		log = openLog(cfg, nil, o)
	}
}

func fail(log *logging.Log, status int, err error) int {
	log.Log(logging.Error, err.Error())
	log.Log(logging.Error, "heartbeat not started.")
	daemon.Fail(status, err.Error())
	return status
}

// serve wires a node together and runs it to its end. After a restart in place
// kept says what it goes on with.
func serve(cfg *config.Config, o options, log *logging.Log, manager *daemon.Notifier, commands node.Commands, kept *node.Reconfigured) error {
	debug.SetMemoryLimit(memoryLimit)
	if kept == nil {
		if err := prepareRun(log); err != nil {
			return err
		}
		if err := prepareTmp(); err != nil {
			return err
		}
	}
	host, err := netif.Open()
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer host.Close()
	settings := readSettings(sysconfigFile, log)
	neighbours, err := netif.NewAnnouncer(host, settings.schedule, func(err error) {
		log.Log(logging.Warn, "announce: "+err.Error())
	})
	if err != nil {
		return fmt.Errorf("announcer: %w", err)
	}
	defer neighbours.Close()
	env := resource.Environment(cfg, cfg.Node, settings.tmp, os.Environ())
	if settings.logJSON {
		env = append(env, logging.JSONEnv+"="+logging.FormatJSON)
	}
	runner := &resource.Runner{
		Env:     env,
		Timeout: settings.scriptTimeout, StopRetryMax: stopRetryMax(cfg), StandbyChecks: settings.standbyChecks,
		Log:    log,
		Agents: &resource.Agents{Host: host, Announcer: announcer{Announcer: neighbours, log: log}, Log: log},
	}
	for _, g := range cfg.Groups {
		for _, err := range runner.Check(g) {
			log.Log(logging.Error, err.Error())
		}
	}
	if cfg.HA.Realtime && !o.noRealtime {
		if err := daemon.Realtime(max(cfg.HA.RTPrio, 1)); err != nil {
			log.Log(logging.Warn, err.Error())
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pid := os.Getpid()
	queries := node.NewQueries()
	defer startStatus(queries, settings.listen, log).Close()
	var again *node.Reconfigured
	permissions, bad := api.ResolvePermissions(cfg.HA.APIAuth)
	for _, err := range bad {
		log.Log(logging.Warn, err.Error())
	}
	err = node.Run(ctx, node.Options{
		Config: cfg, Host: cfg.Node, StateDir: stateDir, Log: log, Runner: runner, Version: version, Kept: kept, StartRetry: settings.startRetry,
		RunDir: runDir, Permissions: permissions, Queries: queries, PID: pid,
		Load: func() (*config.Config, *config.Report) { return config.Load(configDir, config.SystemHost()) },
		Reboot: func() {
			log.Close()
			_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
			log.Log(logging.Crit, "Unable to force reboot.")
		},
		Alive: func() { manager.Alive(time.Now()) },
		Ready: func() {
			if err := daemon.WritePID(pidFile, daemon.Padded, pid); err != nil {
				log.Log(logging.Error, err.Error())
			}
			if err := daemon.Ready(); err != nil {
				log.Log(logging.Error, err.Error())
			}
			manager.Tell(daemon.NotifyReady)
			log.Detach()
		},
	}, commands)
	if !errors.As(err, &again) {
		_ = daemon.RemovePID(pidFile, pid)
	}
	return err
}

// signals turns the signals of the original into commands.
func signals(manager *daemon.Notifier) (node.Commands, func()) {
	stop := make(chan struct{}, 1)
	reload := make(chan struct{}, 1)
	in := make(chan os.Signal, 8)
	signal.Notify(in, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGINT, syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range in {
			to := reload
			if s == syscall.SIGTERM {
				manager.Tell(daemon.NotifyStopping)
				to = stop
			}
			select {
			case to <- struct{}{}:
			default:
			}
		}
	}()
	return node.Commands{Stop: stop, Reload: reload}, func() {
		signal.Stop(in)
		close(in)
		<-done
	}
}

// prepareRun makes the directory of the client socket. Who may enter it may ask
// the daemon.
func prepareRun(log logging.Sink) error {
	uid, gid := account("hacluster", "haclient")
	err := os.MkdirAll(runDir, 0o750)
	if err == nil {
		err = errors.Join(os.Chmod(runDir, 0o750), os.Chown(runDir, uid, gid))
	}
	if err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	// Clients that run as this user go there.
	own := filepath.Join(coreRoot, "hacluster")
	if err := errors.Join(os.MkdirAll(own, 0o700), os.Chown(own, uid, gid)); err != nil {
		logging.Logf(log, logging.Warn, "core directory: %v", err) // the disk may be full
	}
	return nil
}

// prepareTmp makes the directory in which scripts keep their state, empty.
func prepareTmp() error {
	if err := os.RemoveAll(tmpDir); err != nil {
		return fmt.Errorf("script directory: %w", err)
	}
	if err := os.MkdirAll(tmpDir, 0o755); err != nil {
		return fmt.Errorf("script directory: %w", err)
	}
	return os.Chmod(tmpDir, 0o755|os.ModeSticky)
}

// openLog opens the log that ha.cf asks for. terminal gets every line as well
// until the daemon is ready.
func openLog(cfg *config.Config, terminal io.Writer, o options) *logging.Log {
	options := logging.Options{Style: logging.HeartbeatOld, Level: logging.Info, Terminal: terminal, Now: time.Now}
	if host, err := os.Hostname(); err == nil {
		options.Host = host
	}
	if cfg != nil {
		if cfg.HA.SyslogMsgFmt {
			options.Style = logging.Heartbeat
		}
		options.Logfile, options.Debugfile = cfg.HA.Logfile, cfg.HA.Debugfile
		options.Facility = cfg.HA.Logfacility
		if options.Logfile == "" && options.Debugfile == "" && options.Facility == "" {
			options.Facility = "daemon"
		}
		if cfg.HA.Debug > 0 || o.debug > 0 {
			options.Level = logging.Debug
		}
		if cfg.HA.UseLogd {
			options.Logd, options.LogdRetry = logdSocket, cfg.HA.ConnLogdTime
		}
		options.JSON = readSettings(sysconfigFile, silent{}).logJSON
		options.UID, options.GID = account("hacluster", "haclient")
	}
	log, err := logging.Open(options)
	if err != nil {
		fmt.Fprintf(os.Stderr, "heartbeat: ERROR: log: %v\n", err)
		options.Facility = ""
		log, _ = logging.Open(options)
	}
	return log
}

// account returns the ids of a user and a group, 0 for one that does not exist.
func account(name, group string) (uid, gid int) {
	if u, err := user.Lookup(name); err == nil {
		uid, _ = strconv.Atoi(u.Uid)
	}
	if g, err := user.LookupGroup(group); err == nil {
		gid, _ = strconv.Atoi(g.Gid)
	}
	return uid, gid
}
