package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"lvsha/pkg/system/logging"
)

const clRespawnUsage = `Usage cl_respawn [<options>] <monitored_program> [<arg1>] [<arg2>] ...
Options are as below:
-m magic_exit_code
	When monitored_program exit as this magic_exit_code, then cl_respawn
	will not try to respawn it.
-i interval
	Set the interval(ms) of application hearbeat or plumbing its client.
-w warntime
	Set the warning time (ms) of application heartbeat.
-p pidfile
	Set the name of a pid file to use.
-r	Recover itself from crash. Only called by other monitor programs like	recovery manager.
-l	List the program monitored by cl_respawn.
	Notice: do not support yet.
-h	Display this simple help.

`

// magicExit is the exit status by which a program asks to stay down, if -m says
// no other.
const magicExit = 100

// respawnBreath is the pause before a program that has not run for that long is
// started again.
const respawnBreath = time.Second

// runCLRespawn is cl_respawn: it starts a program again whenever it ends, until
// it ends with the magic exit status or a signal tells this one to stop.
func runCLRespawn(_ string, args []string, stdout, stderr io.Writer) int {
	magic, pidfile := magicExit, ""
options:
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option, value := args[0][:2], args[0][2:]
		args = args[1:]
		switch option {
		case "-h":
			fmt.Fprint(stdout, clRespawnUsage)
			return exitOK
		case "--":
			break options
		case "-r":
			continue
		}
		if value == "" && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		n, err := strconv.Atoi(value)
		switch {
		case option == "-p" && value != "":
			pidfile = value
		case option == "-m" && err == nil:
			magic = n
		case (option == "-i" || option == "-w") && err == nil:
			// There is no apphbd to tell.
		default:
			fmt.Fprint(stdout, clRespawnUsage)
			return exitUsage
		}
	}
	log, err := openToolLog("cl_respawn", stderr)
	if err != nil {
		return exitFailed
	}
	defer log.Close()
	if len(args) == 0 {
		log.Log(logging.Error, "Please give the program name which will be run as a child process of cl_respawn.")
		fmt.Fprint(stdout, clRespawnUsage)
		return exitUsage
	}
	if pidfile != "" {
		if err := os.WriteFile(pidfile, fmt.Appendf(nil, "%10d\n", os.Getpid()), 0o644); err != nil {
			log.Log(logging.Error, err.Error())
			return exitFailed
		}
		defer func() { _ = os.Remove(pidfile) }()
	}
	return keepRunning(args, magic, log)
}

func keepRunning(argv []string, magic int, log *logging.Log) int {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(stop)
	for {
		began := time.Now()
		cmd := exec.Command(argv[0], argv[1:]...)
		if err := cmd.Start(); err != nil {
			logging.Logf(log, logging.Error, "cannot start monitor program %s: %v", argv[0], err)
			return exitFailed
		}
		logging.Logf(log, logging.Notice, "Child process [%s] started [ pid: %d ].", argv[0], cmd.Process.Pid)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-stop:
			_ = cmd.Process.Signal(syscall.SIGTERM)
			<-ended
			return exitOK
		case err := <-ended:
			code := 0
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				code = exit.ExitCode()
			}
			if code == magic {
				logging.Logf(log, logging.Info, "Don't restart the monitored program %s [%d], since we got the magic exit code.", argv[0], cmd.Process.Pid)
				return exitOK
			}
			logging.Logf(log, logging.Info, "process %s[%d] exited, and its exit code is %d", argv[0], cmd.Process.Pid, code)
		}
		if time.Since(began) >= respawnBreath {
			continue
		}
		pause := time.NewTimer(respawnBreath)
		select {
		case <-pause.C:
		case <-stop:
			pause.Stop()
			return exitOK
		}
	}
}
