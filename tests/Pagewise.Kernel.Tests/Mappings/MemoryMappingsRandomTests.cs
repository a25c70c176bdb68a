using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tests.AddressSpaces;

namespace Pagewise.Kernel.Tests.Mappings;

/// <summary>Seeded random calls on a machine and on a list of pages; after each call both must show the same.</summary>
public sealed class MemoryMappingsRandomTests
{
    private const ulong Base = 0x3000_0000_0000;
    private const int Pages = 96;

    private static readonly Prot[] Prots = [Prot.None, Prot.Read, Prot.Read | Prot.Write, Prot.Read | Prot.Exec, Prot.Write];

    [Theory]
    [InlineData(21, true)]
    [InlineData(22, true)]
    [InlineData(23, true)]
    [InlineData(24, false)]
    [InlineData(25, false)]
    public void CallsDoToAreasWhatTheyDoToSinglePages(int seed, bool touches)
    {
        Random random = new(seed);
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });
        int task = machine.SystemCalls.CreateInitialTask(1, "random");
        NaiveSpace naive = new(Pages);
        SpaceValidator validator = new(machine.AddressSpaces);
        int mm = machine.Tasks.Tasks[task].Mm;
        for (int step = 0; step < 3000; step++)
        {
            SysResult result = Step(machine, task, naive, random, step, out Errno expected, out string what);
            result.Errno.ShouldBe(expected, $"step {step}: {what}");
            if (touches)
                machine.Access(task, Base + ((ulong)random.Next(Pages) << 12), random.Next(2) == 0 ? AccessKind.Read : AccessKind.Write);
            validator.Validate(mm);
            Compare(machine, mm, naive, $"step {step}: {what}");
        }

        machine.SystemCalls.ExitGroup(task);
        (machine.AddressSpaces.Vmas.Count, machine.AddressSpaces.AnonVmas.Count, machine.AddressSpaces.AnonVmaChains.Count).ShouldBe((0, 0, 0));
        (machine.AddressSpaces.Mms.Count, machine.AddressSpaces.CommittedAs, machine.Inodes.Inodes.Count).ShouldBe((0, 0L, 0));
    }

    private static SysResult Step(Machine machine, int task, NaiveSpace naive, Random random, int step, out Errno expected, out string what)
    {
        SystemCalls.SystemCalls calls = machine.SystemCalls;
        int count = random.Next(1, 9);
        int start = random.Next(Pages - count + 1);
        ulong address = Base + ((ulong)start << 12);
        ulong length = (ulong)count << 12;
        Prot prot = Prots[random.Next(Prots.Length)];
        expected = Errno.None;
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                bool isShared = random.Next(4) == 0;
                what = $"mmap {start}+{count} {prot} shared {isShared}";
                naive.Map(start, count, prot, isShared, step + 1);
                MapFlags type = isShared ? MapFlags.Shared : MapFlags.Private;
                return calls.Mmap(task, address, length, prot, type | MapFlags.Fixed | MapFlags.Anonymous, -1, 0);
            case 3 or 4:
                what = $"munmap {start}+{count}";
                naive.Unmap(start, count);
                return calls.Munmap(task, address, length);
            case 5 or 6:
                what = $"mprotect {start}+{count} {prot}";
                expected = naive.UpToHole(start, count, page => page with { Prot = prot });
                return calls.Mprotect(task, address, length, prot);
            case 7:
                bool locks = random.Next(2) == 0;
                what = $"mlock2 or munlock {start}+{count} {locks}";
                expected = naive.UpToHole(start, count, page => page with { IsLocked = locks });
                // On fault only, so that no page that cannot be had turns into another error.
                if (!locks)
                    return calls.Munlock(task, address, length);
                return calls.Mlock(task, address, length, MlockFlags.OnFault);
            case 8:
                bool forks = random.Next(2) == 0;
                what = $"madvise {start}+{count} fork {forks}";
                expected = naive.OverHoles(start, count, page => page with { IsDontFork = !forks });
                return calls.Madvise(task, address, length, forks ? Madvice.DoFork : Madvice.DontFork);
            default:
                int target = random.Next(Pages - count + 1);
                what = $"mremap {start}+{count} to {target}";
                expected = naive.Move(start, count, target);
                const MremapFlags Fixed = MremapFlags.MayMove | MremapFlags.Fixed;
                return calls.Mremap(task, address, length, length, Fixed, Base + ((ulong)target << 12));
        }
    }

    private static void Compare(Machine machine, int mm, NaiveSpace naive, string what)
    {
        VmaTree tree = new(machine.AddressSpaces);
        Dictionary<int, int> inodeOfOrigin = [];
        for (int page = 0; page < naive.Count; page++)
        {
            ulong address = Base + ((ulong)page << 12);
            int vma = tree.Lookup(mm, address);
            (vma != 0).ShouldBe(naive[page] is not null, $"{what}: page {page}");
            if (naive[page] is not { } expected)
                continue;
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            ((Prot)(uint)(area.Flags & VmFlags.AccessMask)).ShouldBe(expected.Prot, $"{what}: page {page}");
            area.Flags.HasFlag(VmFlags.MayShare).ShouldBe(expected.IsShared, $"{what}: page {page}");
            area.Flags.HasFlag(VmFlags.Locked).ShouldBe(expected.IsLocked, $"{what}: page {page}");
            area.Flags.HasFlag(VmFlags.DontCopy).ShouldBe(expected.IsDontFork, $"{what}: page {page}");
            if (!expected.IsShared)
                continue;
            area.PageIndex(address).ShouldBe((ulong)expected.Offset, $"{what}: page {page}");
            if (inodeOfOrigin.TryGetValue(expected.Origin, out int inode))
                area.Inode.ShouldBe(inode, $"{what}: page {page}");
            else
                inodeOfOrigin.Add(expected.Origin, area.Inode);
        }

        inodeOfOrigin.Values.Distinct().Count().ShouldBe(inodeOfOrigin.Count, what);
    }
}
