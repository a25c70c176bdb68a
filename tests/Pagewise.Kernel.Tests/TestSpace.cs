using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;

namespace Pagewise.Kernel.Tests;

/// <summary>An address space put together by hand, without system calls: for tests of the rooms below them.</summary>
internal sealed class TestSpace
{
    public const VmFlags ReadWrite = VmFlags.Read | VmFlags.Write | VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExec;

    private readonly Machine _machine;

    public TestSpace(Machine machine)
    {
        _machine = machine;
        Mm = machine.AddressSpaces.MmSlab.Allocate();
        machine.PageTables.AllocatePgd(Mm).ShouldBeTrue();
        Task = machine.Tasks.Tasks.Allocate();
        machine.Tasks.Tasks[Task].Mm = Mm;
    }

    public int Mm { get; }

    public int Task { get; }

    public ref MmStruct Space => ref _machine.AddressSpaces.Mms[Mm];

    /// <summary>Adds an area above all others.</summary>
    public int Map(ulong start, ulong pages, VmFlags flags = ReadWrite, int inode = 0, ulong pgOff = 0)
    {
        int vma = _machine.AddressSpaces.VmaSlab.Allocate();
        ref VmArea area = ref _machine.AddressSpaces.Vmas[vma];
        area.Mm = Mm;
        area.Start = start;
        area.End = start + (pages << 12);
        area.Flags = flags;
        area.Inode = inode;
        area.PgOff = inode != 0 ? pgOff : start >> 12;
        ref MmStruct space = ref Space;
        if (space.MmapTail != 0)
        {
            ref VmArea tail = ref _machine.AddressSpaces.Vmas[space.MmapTail];
            tail.End.ShouldBeLessThanOrEqualTo(start);
            tail.Next = vma;
            tail.RbRight = vma;
            area.Prev = space.MmapTail;
        }
        else
        {
            space.Mmap = vma;
            space.MmRb = vma;
        }

        space.MmapTail = vma;
        if (inode != 0)
        {
            if (_machine.Inodes.Inodes[inode].FirstMapping != 0)
                _machine.AddressSpaces.Vmas[_machine.Inodes.Inodes[inode].FirstMapping].SharedPrev = vma;
            area.SharedNext = _machine.Inodes.Inodes[inode].FirstMapping;
            _machine.Inodes.Inodes[inode].FirstMapping = vma;
        }

        return vma;
    }

    public FaultOutcome Write(ulong address) => _machine.Access(Task, address, AccessKind.Write);

    public FaultOutcome Read(ulong address) => _machine.Access(Task, address, AccessKind.Read);

    public void WriteBytes(ulong address, params byte[] bytes) => _machine.WriteMemory(Task, address, bytes).IsResolved.ShouldBeTrue();

    public byte[] ReadBytes(ulong address, int count)
    {
        byte[] bytes = new byte[count];
        _machine.ReadMemory(Task, address, bytes).IsResolved.ShouldBeTrue();
        return bytes;
    }

    public long MinorFaults => _machine.Tasks.Tasks[Task].MinorFaults;
}
