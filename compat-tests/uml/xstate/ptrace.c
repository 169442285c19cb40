/*
 * Preloaded into a User-mode Linux that knows no more of a process's extended
 * registers than AVX-512 and the protection keys. A host whose processor has
 * more (AMX: 11,008 bytes) takes only the whole of them, so such a kernel ends
 * at its first process. Here the registers that it does not know are added, in
 * their initial state, where it sets them, and left out where it reads them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/*
 * The whole of a process's registers, and how much of it the host has. Not on
 * the stack, which is the small one of a kernel thread; User-mode Linux has one
 * processor and uses it in one place at a time.
 */
static char whole[64 << 10];
static size_t size;

static long (*host)(int, pid_t, void *, void *);

__attribute__((constructor)) static void find(void)
{
	host = (long (*)(int, pid_t, void *, void *))dlsym(RTLD_NEXT, "ptrace");
}

static long get(pid_t pid, void *kind)
{
	struct iovec all = {whole, sizeof whole};
	long result = host(PTRACE_GETREGSET, pid, kind, &all);

	if (result >= 0)
		size = all.iov_len;
	return result;
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list more;
	va_start(more, request);
	pid_t pid = va_arg(more, pid_t);
	void *address = va_arg(more, void *);
	void *data = va_arg(more, void *);
	va_end(more);

	if ((uintptr_t)address != NT_X86_XSTATE || (request != PTRACE_GETREGSET && request != PTRACE_SETREGSET))
		return host(request, pid, address, data);

	struct iovec *known = data;
	if (request == PTRACE_GETREGSET || size == 0) {
		long result = get(pid, address);
		if (result < 0)
			return result;
	}
	if (known->iov_len > size)
		known->iov_len = size;
	if (request == PTRACE_GETREGSET) {
		memcpy(known->iov_base, whole, known->iov_len);
		return 0;
	}
	/* Its header says which of them are not in their initial state. */
	memcpy(whole, known->iov_base, known->iov_len);
	return host(request, pid, address, &(struct iovec){whole, size});
}
