using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Tests.AddressSpaces;

namespace Pagewise.Kernel.Tests.Tasks;

public sealed class ProcessesTests : IDisposable
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    private readonly Machine _machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void AForkedChildHasTheSameAreasButThoseMarkedAndNoLocks()
    {
        int parent = Programs.Run(_machine, Programs.Static(_machine));
        ulong kept = Map(parent, 4096, Prot.Read);
        ulong dropped = Map(parent, 4096, Prot.Read | Prot.Write);
        ulong wiped = Map(parent, 4096, Prot.Read | Prot.Write | Prot.Exec);
        _machine.SystemCalls.Madvise(parent, dropped, 4096, Madvice.DontFork).ShouldBe(SysResult.Ok);
        _machine.SystemCalls.Madvise(parent, wiped, 4096, Madvice.WipeOnFork).ShouldBe(SysResult.Ok);
        _machine.WriteMemory(parent, wiped, [7]).IsResolved.ShouldBeTrue();
        _machine.SystemCalls.Mlock(parent, kept, 4096, MlockFlags.None).ShouldBe(SysResult.Ok);

        int child = Fork(parent, 42);

        ref MmStruct mm = ref Space(child);
        mm.LockedVm.ShouldBe(0UL);
        mm.TotalVm.ShouldBe(Space(parent).TotalVm - 1);
        _machine.Access(child, kept, AccessKind.Read).IsResolved.ShouldBeTrue();
        _machine.Access(child, dropped, AccessKind.Read).ShouldBe(new FaultOutcome(Signal.Segv, SignalCode.MapErr, false));
        byte[] bytes = [1];
        _machine.ReadMemory(child, wiped, bytes).IsResolved.ShouldBeTrue();
        bytes[0].ShouldBe((byte)0);
        new SpaceValidator(_machine.AddressSpaces).Validate(_machine.Tasks.Tasks[child].Mm);
    }

    [Fact]
    public void ParentAndChildSeeTheirOwnWritesAndShareSharedMemory()
    {
        int parent = Programs.Run(_machine, Programs.Static(_machine));
        ulong own = Map(parent, 4096, Prot.Read | Prot.Write);
        ulong shared = _machine.SystemCalls.Mmap(parent, 0, 4096, Prot.Read | Prot.Write, MapFlags.Shared | MapFlags.Anonymous, -1, 0).Address;
        _machine.WriteMemory(parent, own, [1]);

        int child = Fork(parent, 42);
        _machine.WriteMemory(child, own, [2]);
        _machine.WriteMemory(child, shared, [3]);

        Read(parent, own).ShouldBe((byte)1);
        Read(child, own).ShouldBe((byte)2);
        Read(parent, shared).ShouldBe((byte)3);
    }

    [Fact]
    public void ThreadsShareTheAddressSpaceUntilTheLastOneEnds()
    {
        int leader = Programs.Run(_machine, Programs.Static(_machine));
        const CloneFlags Thread = CloneFlags.Vm | CloneFlags.SigHand | CloneFlags.Thread | CloneFlags.Files;
        _machine.SystemCalls.Clone(leader, Thread, 77).Raw.ShouldBe(77);
        int thread = _machine.Tasks.Find(77);
        ulong at = Map(thread, 4096, Prot.Read | Prot.Write);

        _machine.Access(leader, at, AccessKind.Write).IsResolved.ShouldBeTrue();
        _machine.SystemCalls.Exit(leader).ShouldBe(SysResult.Ok);
        _machine.Access(thread, at, AccessKind.Write).IsResolved.ShouldBeTrue();
        _machine.AddressSpaces.Mms.Count.ShouldBe(1);
        _machine.SystemCalls.Exit(thread).ShouldBe(SysResult.Ok);

        _machine.AddressSpaces.Mms.Count.ShouldBe(0);
    }

    [Fact]
    public void ExecveInAThreadEndsTheOthersAndTakesTheProcesssId()
    {
        int leader = Programs.Run(_machine, Programs.Static(_machine));
        const CloneFlags Thread = CloneFlags.Vm | CloneFlags.SigHand | CloneFlags.Thread;
        _machine.SystemCalls.Clone(leader, Thread, 77);
        int thread = _machine.Tasks.Find(77);
        int pid = _machine.Tasks.Tasks[leader].Pid;

        _machine.SystemCalls.Execve(thread, Programs.Dynamic(_machine)).ShouldBe(SysResult.Ok);

        _machine.Tasks.Find(pid).ShouldBe(thread);
        _machine.Tasks.Find(77).ShouldBe(0);
        _machine.Tasks.Tasks[leader].HasExited.ShouldBeTrue();
        _machine.AddressSpaces.Mms.Count.ShouldBe(1);
        _machine.Tasks.CommOf(thread).ShouldBe("dynamic");
    }

    [Fact]
    public void CloneRefusesAThreadWithoutSharedHandlersAndHandlersWithoutSharedMemory()
    {
        int task = Programs.Run(_machine, Programs.Static(_machine));

        _machine.SystemCalls.Clone(task, CloneFlags.Thread | CloneFlags.Vm).Errno.ShouldBe(Errno.EINVAL);
        _machine.SystemCalls.Clone(task, CloneFlags.SigHand).Errno.ShouldBe(Errno.EINVAL);
    }

    [Fact]
    public void ForkIsRefusedWhenTheCommitAccountIsFull()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20, OvercommitMemory = 2, AdminReserveKbytes = 0, UserReserveKbytes = 0 });
        int task = Programs.Run(machine, Programs.Static(machine));
        // CommitLimit is half of memory: 32 MiB; one half of it fits twice, not three times.
        machine.SystemCalls.Mmap(task, 0, 15 << 20, Prot.Read | Prot.Write, Anonymous, -1, 0).IsError.ShouldBeFalse();
        long charged = machine.AddressSpaces.CommittedAs;

        SysResult first = machine.SystemCalls.Clone(task, CloneFlags.None);
        machine.SystemCalls.Clone(task, CloneFlags.None).Errno.ShouldBe(Errno.ENOMEM);

        first.IsError.ShouldBeFalse();
        machine.AddressSpaces.CommittedAs.ShouldBe(2 * charged);
        machine.AddressSpaces.Mms.Count.ShouldBe(2);
        machine.SystemCalls.ExitGroup(machine.Tasks.Find((int)first.Raw));
        machine.AddressSpaces.CommittedAs.ShouldBe(charged);
    }

    [Fact]
    public void LimitsRiseOnlyWithTheCapabilityAndSetuidTakesCapabilitiesAway()
    {
        using Machine machine = Machine.Create(new MachineSpec { CapSysResource = false });
        int task = Programs.Run(machine, Programs.Static(machine));
        SystemCalls.SystemCalls calls = machine.SystemCalls;

        calls.Prlimit(task, 0, RlimitResource.MemLock, new Rlimit(9 << 20, 9 << 20), out _).Errno.ShouldBe(Errno.EPERM);
        calls.Prlimit(task, 0, RlimitResource.MemLock, new Rlimit(2, 1), out _).Errno.ShouldBe(Errno.EINVAL);
        calls.Prlimit(task, 0, (RlimitResource)16, null, out _).Errno.ShouldBe(Errno.EINVAL);
        calls.Prlimit(task, 0, RlimitResource.MemLock, new Rlimit(8192, 8192), out Rlimit old).ShouldBe(SysResult.Ok);
        old.ShouldBe(new Rlimit(8 << 20, 8 << 20));
        ulong at = calls.Mmap(task, 0, 16384, Prot.Read, Anonymous, -1, 0).Address;
        calls.Mlock(task, at, 16384, MlockFlags.None).ShouldBe(SysResult.Ok);
        calls.Munlock(task, at, 16384).ShouldBe(SysResult.Ok);
        calls.Setuid(task, 1000).ShouldBe(SysResult.Ok);
        calls.Mlock(task, at, 16384, MlockFlags.None).Errno.ShouldBe(Errno.ENOMEM);
        calls.Mlock(task, at, 8192, MlockFlags.None).ShouldBe(SysResult.Ok);
        calls.Setuid(task, 0).Errno.ShouldBe(Errno.EPERM);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public void NothingIsLeftOfARandomFamilyOfProcesses(int seed)
    {
        Random random = new(seed);
        SpaceValidator validator = new(_machine.AddressSpaces);
        List<int> alive = [Programs.Run(_machine, Programs.Static(_machine))];
        int inodes = _machine.Inodes.Inodes.Count;
        for (int step = 0; step < 600; step++)
        {
            int task = alive[random.Next(alive.Count)];
            switch (random.Next(6))
            {
                case 0 when alive.Count < 12:
                    alive.Add(_machine.Tasks.Find((int)_machine.SystemCalls.Clone(task, CloneFlags.None).Raw));
                    break;
                case 1 when alive.Count > 1:
                    _machine.SystemCalls.ExitGroup(task);
                    alive.Remove(task);
                    continue;
                case 2:
                    ulong at = Map(task, 16384, Prot.Read | Prot.Write);
                    _machine.Access(task, at + 4096, AccessKind.Write).IsResolved.ShouldBeTrue();
                    break;
                case 3:
                    _machine.SystemCalls.MemfdCreate(task, "m", MemfdFlags.None).IsError.ShouldBeFalse();
                    break;
                default:
                    ref VmArea area = ref _machine.AddressSpaces.Vmas[Space(task).Mmap];
                    _machine.Access(task, area.Start, AccessKind.Write);
                    break;
            }

            validator.Validate(_machine.Tasks.Tasks[task].Mm);
        }

        foreach (int task in alive)
            _machine.SystemCalls.ExitGroup(task);
        AddressSpaceArenas spaces = _machine.AddressSpaces;
        (spaces.Vmas.Count, spaces.Mms.Count, spaces.AnonVmas.Count, spaces.AnonVmaChains.Count).ShouldBe((0, 0, 0, 0));
        spaces.CommittedAs.ShouldBe(0);
        _machine.Inodes.Inodes.Count.ShouldBe(inodes);
    }

    private ref MmStruct Space(int task) => ref _machine.AddressSpaces.Mms[_machine.Tasks.Tasks[task].Mm];

    private int Fork(int task, int pid)
    {
        _machine.SystemCalls.Clone(task, CloneFlags.None, pid).Raw.ShouldBe(pid);
        return _machine.Tasks.Find(pid);
    }

    private ulong Map(int task, ulong length, Prot prot)
    {
        SysResult at = _machine.SystemCalls.Mmap(task, 0, length, prot, Anonymous, -1, 0);
        at.IsError.ShouldBeFalse();
        return at.Address;
    }

    private byte Read(int task, ulong address)
    {
        byte[] bytes = [0];
        _machine.ReadMemory(task, address, bytes).IsResolved.ShouldBeTrue();
        return bytes[0];
    }
}
