using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Strace;

public sealed class StraceCallTests
{
    [Theory]
    [InlineData("mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fc0000", Sysno.Mmap, new ulong[] { 0, 8192, 3, 0x22, ulong.MaxValue, 0 }, 0x7ffff7fc0000)]
    [InlineData("mmap(0x40000000, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED_NOREPLACE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, 3, 0x218000) = -1 EEXIST (File exists)", Sysno.Mmap, new ulong[] { 0x40000000, 4096, 0, 0x5414_0002, 3, 0x218000 }, -17)]
    [InlineData("mmap(NULL, 0, PROT_WRITE, 0x8 /* MAP_??? */|MAP_ANONYMOUS, -1, 0) = -1 EINVAL (Invalid argument)", Sysno.Mmap, new ulong[] { 0, 0, 2, 0x28, ulong.MaxValue, 0 }, -22)]
    [InlineData("mmap(NULL, 18446744073709545269, PROT_READ, MAP_SHARED, 5, 0) = -1 ENOMEM (Cannot allocate memory)", Sysno.Mmap, new ulong[] { 0, 18446744073709545269, 1, 1, 5, 0 }, -12)]
    [InlineData("mprotect(0x7ffff7fa1000, 16384, PROT_READ|0x40000) = -1 EINVAL (Invalid argument)", Sysno.Mprotect, new ulong[] { 0x7ffff7fa1000, 16384, 0x40001 }, -22)]
    [InlineData("mprotect(0x1000, 0, PROT_READ|PROT_GROWSDOWN) = 0", Sysno.Mprotect, new ulong[] { 0x1000, 0, 0x1000001 }, 0)]
    [InlineData("madvise(0x7ffff7e11000, 4096, 0x5 /* MADV_??? */) = -1 EINVAL (Invalid argument)", Sysno.Madvise, new ulong[] { 0x7ffff7e11000, 4096, 5 }, -22)]
    [InlineData("madvise(0x1000, 4096, MADV_GUARD_INSTALL) = 0", Sysno.Madvise, new ulong[] { 0x1000, 4096, 102 }, 0)]
    [InlineData("mremap(0x7ffff7862000, 0, 6291456, MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP|0x20, 0x1000) = -1 EINVAL (Invalid argument)", Sysno.Mremap, new ulong[] { 0x7ffff7862000, 0, 6291456, 0x27, 0x1000 }, -22)]
    [InlineData("brk(NULL)                               = 0x405000", Sysno.Brk, new ulong[] { 0 }, 0x405000)]
    [InlineData("msync(0x1000, 4096, MS_SYNC|MS_ASYNC|MS_INVALIDATE) = -1 EINVAL (Invalid argument)", Sysno.Msync, new ulong[] { 0x1000, 4096, 7 }, -22)]
    [InlineData("lseek(3, -832, SEEK_END) = 100 <0.000012>", Sysno.Lseek, new ulong[] { 3, unchecked((ulong)-832), 2 }, 100)]
    [InlineData("shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = 98310", Sysno.Shmget, new ulong[] { 0, 4096, 0x380 }, 98310)]
    [InlineData("mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = -1 (errno 524)", Sysno.Mmap, new ulong[] { 0, 4096, 1, 2, 3, 0 }, -524)]
    public void SymbolsBecomeNumbers(string line, Sysno sysno, ulong[] arguments, long result)
    {
        (CallRecord call, _) = Recorded.OneCall(line);
        call.Sysno.ShouldBe(sysno);
        call.ArgCount.ShouldBe((byte)arguments.Length);
        for (int i = 0; i < arguments.Length; i++)
            call.Args[i].ShouldBe(arguments[i], $"argument {i}");
        call.Result.ShouldBe(result);
        call.Flags.ShouldBe(CallFlags.HasResult);
    }

    [Fact]
    public void DescriptorsCarryTheirFiles()
    {
        (CallRecord call, EventBatch batch) = Recorded.OneCall(@"18745 openat(AT_FDCWD</corpus/bin>, ""/etc/a\""b\n"", O_RDONLY|O_CLOEXEC) = 3</etc/ld.so\76cache>");
        call.Args[0].ShouldBe(unchecked((ulong)-100));
        call.Args[2].ShouldBe(0x80000UL);
        batch.Strings.GetString(call.Path).ShouldBe("/etc/a\"b\n");
        batch.Strings.GetString(call.FdPath).ShouldBe("/corpus/bin");
        batch.Strings.GetString(call.ResultPath).ShouldBe("/etc/ld.so>cache");

        (call, batch) = Recorded.OneCall("mmap(NULL, 46199, PROT_READ, MAP_PRIVATE, 3</tmp/x y>(deleted), 0) = 0x7ffff7fb4000");
        batch.Strings.GetString(call.FdPath).ShouldBe("/tmp/x y");
        call.Has(CallFlags.FdDeleted).ShouldBeTrue();
        call.Args[5].ShouldBe(0UL);

        (call, batch) = Recorded.OneCall("read(4<TCP:[127.0.0.1:22->10.0.0.1:3]>, \"x\"..., 16) = 16");
        batch.Strings.GetString(call.FdPath).ShouldBe("TCP:[127.0.0.1:22->10.0.0.1:3]");
        // A file's name may end as an arrow begins.
        (call, batch) = Recorded.OneCall("openat(3</etc>, \"group-\", O_RDONLY) = 5</etc/group->");
        batch.Strings.GetString(call.ResultPath).ShouldBe("/etc/group-");
        (call, batch) = Recorded.OneCall("read(5</etc/group->, \"x\", 16) = 1");
        batch.Strings.GetString(call.FdPath).ShouldBe("/etc/group-");
        call.Args[2].ShouldBe(16UL);
    }

    [Fact]
    public void AStatusIsTaken()
    {
        (CallRecord call, EventBatch batch) = Recorded.OneCall("newfstatat(3</l>, \"\", {st_mode=S_IFREG|0644, st_size=911904, ...}, AT_EMPTY_PATH) = 0");
        CallFileStatus status = batch.FileStatus(call);
        status.Mode.ShouldBe(0x81a4u);
        status.HasSize.ShouldBeTrue();
        status.SizeBytes.ShouldBe(911904);
        call.Args[3].ShouldBe(0x1000UL);

        (call, batch) = Recorded.OneCall("fstat(1, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0x1), ...}) = 0");
        batch.FileStatus(call).DeviceFile.ShouldBe(0x8801UL);
        batch.FileStatus(call).HasSize.ShouldBeFalse();

        (call, batch) = Recorded.OneCall("statx(AT_FDCWD, \"/\", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL|STATX_MNT_ID, stx_attributes=STATX_ATTR_MOUNT_ROOT, stx_mode=S_IFDIR|0755, stx_size=4096, ...}) = 0");
        batch.FileStatus(call).SizeBytes.ShouldBe(4096);
    }

    [Fact]
    public void LimitsAreTaken()
    {
        (CallRecord call, EventBatch batch) = Recorded.OneCall("prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0");
        CallLimits limits = batch.Limits(call);
        limits.HasNew.ShouldBeFalse();
        limits.Old.ShouldBe(new Rlimit(8 << 20, Rlimit.Infinity));
        (call, batch) = Recorded.OneCall("prlimit64(0, RLIMIT_AS, {rlim_cur=5, rlim_max=RLIM64_INFINITY}, {rlim_cur=6, rlim_max=7}) = 0");
        batch.Limits(call).New.ShouldBe(new Rlimit(5, Rlimit.Infinity));
        batch.Limits(call).Old.ShouldBe(new Rlimit(6, 7));
    }

    [Fact]
    public void CloneIsInRegisterOrderAndCloneThreeInItsStructure()
    {
        (CallRecord call, EventBatch batch) = Recorded.OneCall("clone(child_stack=0x7f00, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, parent_tid=[77], child_tidptr=0x7ffff7dcfa10) = 19167");
        call.Args[0].ShouldBe(0x1200011UL);
        call.Args[1].ShouldBe(0x7f00UL);
        call.Args[3].ShouldBe(0x7ffff7dcfa10UL);
        batch.CloneArguments(call).ExitSignal.ShouldBe(17UL);
        batch.CloneArguments(call).Flags.ShouldBe(0x1200000UL);

        (call, batch) = Recorded.OneCall("clone3({flags=CLONE_VM|CLONE_FS, child_tid=0x9, parent_tid=0x8, exit_signal=SIGCHLD, stack=0x7ffff68a0000, stack_size=0x7fff80, tls=0x7} => {parent_tid=[18714]}, 88) = 18714");
        CallCloneArguments clone = batch.CloneArguments(call);
        clone.Flags.ShouldBe(0x300UL);
        clone.Stack.ShouldBe(0x7ffff68a0000UL);
        clone.StackSizeBytes.ShouldBe(0x7fff80UL);
        clone.Tls.ShouldBe(7UL);
        call.Args[1].ShouldBe(88UL);

        (call, batch) = Recorded.OneCall("vfork() = 5");
        batch.CloneArguments(call).Flags.ShouldBe(0x4100UL);
    }

    [Fact]
    public void ExecveKeepsItsArguments()
    {
        (CallRecord call, EventBatch batch) = Recorded.OneCall("""execve("/bin/echo", ["echo", "", "a\tb"...], 0x7fffffffe748 /* 45 vars */) = 0""");
        batch.Strings.GetString(call.Path).ShouldBe("/bin/echo");
        batch.ArgumentVector(call).ToArray().Select(batch.Strings.GetString).ShouldBe(["echo", "", "a\tb"]);
        call.Has(CallFlags.PayloadTruncated).ShouldBeTrue();
        call.Args[2].ShouldBe(0x7fffffffe748UL);
    }

    [Fact]
    public void VectorsAndWrittenBytesArePayload()
    {
        (CallRecord call, EventBatch batch) = Recorded.OneCall("mincore(0x7ffff7eec000, 12288, [0, 1, 1]) = 0");
        batch.PayloadBytes(call).ToArray().ShouldBe([0, 1, 1]);
        (call, batch) = Recorded.OneCall("mincore(0x7ffff7eec000, 0, []) = 0");
        call.PayloadKind.ShouldBe(PayloadKind.Bytes);
        (call, batch) = Recorded.OneCall("""write(5</proc/140/oom_score_adj>, "-500\n", 5) = 5""");
        Encoding.ASCII.GetString(batch.PayloadBytes(call)).ShouldBe("-500\n");
    }

    [Fact]
    public void CallsWithoutADecoderAreCountedByNameUnlessNothingDependsOnThem()
    {
        Recorded recorded = Recorded.Text(
            """
            1 rename("a", "b") = 0
            1 io_uring_setup(8, {flags=0}) = 3
            1 rename("b", "c") = -1 ENOENT (No such file or directory)
            1 futex(0x7ff, FUTEX_WAIT_PRIVATE, 2, NULL) = 0
            1 ioctl(0</dev/pts/0>, TCGETS, {c_iflag=ICRNL|IXON, ...}) = 0
            1 rt_sigaction(SIGINT, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, NULL, 8) = 0
            """);
        recorded.UnknownCalls.ShouldBe([new("io_uring_setup", 1), new("rename", 2)]);
        recorded.Counts[EventKind.Call].ShouldBe(6);
    }

    [Fact]
    public void ACallThatDidNotReturnHasNoResult()
    {
        (CallRecord call, _) = Recorded.OneCall("exit_group(3) = ?");
        call.Flags.ShouldBe(CallFlags.ResultUnknown);
        (call, _) = Recorded.OneCall("wait4(-1, NULL, 0, NULL) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
        call.Flags.ShouldBe(CallFlags.ResultUnknown);
    }

    [Fact]
    public void Mmap2OfA32BitProgramIsMmap()
    {
        (CallRecord call, _) = Recorded.OneCall("mmap2(NULL, 135168, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7d8f000");
        call.Sysno.ShouldBe(Sysno.Mmap);
        call.Has(CallFlags.Mmap2).ShouldBeTrue();
    }
}
