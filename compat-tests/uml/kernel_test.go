package uml

import (
	"slices"
	"testing"
)

func TestAnotherKernelIsNamedByTheEnvironment(t *testing.T) {
	for _, variable := range []string{kernelVariable, modulesVariable, argumentsVariable} {
		t.Setenv(variable, "")
	}
	if kernelName() != packagedKernel || moduleRoot() != packagedModules || len(moreArguments()) != 0 {
		t.Errorf("with nothing set: %q, %q, %q", kernelName(), moduleRoot(), moreArguments())
	}
	t.Setenv(kernelVariable, "/opt/uml/linux")
	t.Setenv(modulesVariable, "/opt/uml/modules")
	t.Setenv(argumentsVariable, "seccomp=on  mem=1G")
	if kernelName() != "/opt/uml/linux" || moduleRoot() != "/opt/uml/modules" || !slices.Equal(moreArguments(), []string{"seccomp=on", "mem=1G"}) {
		t.Errorf("with all set: %q, %q, %q", kernelName(), moduleRoot(), moreArguments())
	}
}
