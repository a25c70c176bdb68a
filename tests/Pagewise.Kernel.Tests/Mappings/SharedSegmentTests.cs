using Pagewise.Abi;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Mappings;

/// <summary>What shmdt takes away (ksys_shmdt), as the live kernel does.</summary>
public sealed class SharedSegmentTests : IDisposable
{
    private const ulong Page = 4096;
    private const ulong At = 0x10000000;

    private readonly Machine _machine = Machine.Create(new MachineSpec());
    private readonly int _task;

    public SharedSegmentTests() => _task = Programs.Run(_machine, Programs.Static(_machine));

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void AnAttachmentGrownBeyondItsSegmentGoesWhole()
    {
        Attach(pages: 1);
        _machine.SystemCalls.Mremap(_task, At, Page, 8 * Page, MremapFlags.None, 0).Address.ShouldBe(At);

        _machine.SystemCalls.Shmdt(_task, At).ShouldBe(SysResult.Ok);

        AreaAt(At).ShouldBe(0);
    }

    [Fact]
    public void ThePartThatIsLeftGoesEvenWhenItEndsBeyondTheSegment()
    {
        Attach(pages: 1);
        _machine.SystemCalls.Mremap(_task, At, Page, 8 * Page, MremapFlags.None, 0).Address.ShouldBe(At);
        _machine.SystemCalls.Munmap(_task, At, 5 * Page).ShouldBe(SysResult.Ok);

        _machine.SystemCalls.Shmdt(_task, At).ShouldBe(SysResult.Ok);

        AreaAt(At + (5 * Page)).ShouldBe(0);
    }

    [Fact]
    public void ASealedPartStaysAndTheCallSucceeds()
    {
        Attach(pages: 4);
        _machine.SystemCalls.Mseal(_task, At, Page, 0).ShouldBe(SysResult.Ok);

        _machine.SystemCalls.Shmdt(_task, At).ShouldBe(SysResult.Ok);

        AreaAt(At).ShouldNotBe(0);
        AreaAt(At + Page).ShouldBe(0);
    }

    private void Attach(uint pages)
    {
        int id = (int)_machine.SystemCalls.Shmget(_task, 0, pages * Page, ShmFlags.Create | (ShmFlags)0x180).Raw;
        _machine.SystemCalls.Shmat(_task, id, At, ShmFlags.None).Address.ShouldBe(At);
    }

    // The area that holds an address, 0 when none does.
    private int AreaAt(ulong address)
    {
        int vma = _machine.AddressSpaces.Mms[_machine.Tasks.Tasks[_task].Mm].Mmap;
        while (vma != 0 && _machine.AddressSpaces.Vmas[vma].End <= address)
            vma = _machine.AddressSpaces.Vmas[vma].Next;
        return vma != 0 && _machine.AddressSpaces.Vmas[vma].Start <= address ? vma : 0;
    }
}
