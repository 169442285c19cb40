package uml

import (
	"os"
	"strings"
)

// Another kernel than the packaged one is named by the environment, so that the
// same tests and measurements run on several: UML_KERNEL is its program,
// UML_MODULES the directory that has its modules in a directory named by its
// release, UML_ARGUMENTS are more words for its command line (seccomp=on).
const (
	kernelVariable    = "UML_KERNEL"
	modulesVariable   = "UML_MODULES"
	argumentsVariable = "UML_ARGUMENTS"
)

// Where Debian's package user-mode-linux puts the kernel and its modules.
const (
	packagedKernel  = "linux.uml"
	packagedModules = "/usr/lib/uml/modules"
)

// kernelName is the program that is the kernel, a path or a name in PATH.
func kernelName() string { return fromEnvironment(kernelVariable, packagedKernel) }

// moduleRoot is the directory of the directories of modules.
func moduleRoot() string { return fromEnvironment(modulesVariable, packagedModules) }

// moreArguments are words for the kernel's command line.
func moreArguments() []string { return strings.Fields(os.Getenv(argumentsVariable)) }

func fromEnvironment(variable, otherwise string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return otherwise
}
