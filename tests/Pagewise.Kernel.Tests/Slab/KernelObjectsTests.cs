using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Slab;
using Pagewise.Kernel.Tests.PageAllocator;
using Pagewise.Kernel.Tests.Tasks;
using Pagewise.Procfs;
using Pagewise.Workloads.Tests;

namespace Pagewise.Kernel.Tests.Slab;

public class KernelObjectsTests
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    [Theory]
    [InlineData(1)]
    [InlineData(18)]
    public void AForkTakesOneOfEachAndExitGivesAllBack(int minor)
    {
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new KernelVersion(6, minor), MemoryBytes = 64 << 20 });
        int task = Programs.Run(machine, Programs.Dynamic(machine));
        KmemCaches caches = machine.Caches;
        // The CPU keeps the stack of a first child for the next one.
        machine.SystemCalls.ExitGroup(machine.Tasks.Find((int)machine.SystemCalls.Clone(task, CloneFlags.None).Raw));
        SortedDictionary<string, long> before = InUse(machine);
        int areas = machine.AddressSpaces.Vmas.Count, anonVmas = machine.AddressSpaces.AnonVmas.Count;

        SysResult pid = machine.SystemCalls.Clone(task, CloneFlags.None);

        machine.Validate();
        machine.VmStat.NrKernelStack.ShouldBe(32);
        foreach (KmemCache cache in (KmemCache[])[caches.TaskStruct, caches.MmStruct, caches.Files, caches.Signal, caches.Sighand])
            (cache.InUse - before[cache.Name]).ShouldBe(1, cache.Name);
        (caches.VmArea.InUse - before["vm_area_struct"]).ShouldBe(areas);
        (caches.AnonVma.InUse - before["anon_vma"]).ShouldBe(anonVmas);
        // Two links for each area that was written, and the fs_struct, whose cache has merged with theirs.
        caches.Fs.ShouldBe(caches.AnonVmaChain);
        (caches.AnonVmaChain.InUse - before["anon_vma_chain"]).ShouldBe((2 * anonVmas) + 1);

        machine.SystemCalls.ExitGroup(machine.Tasks.Find((int)pid.Raw));

        machine.Validate();
        InUse(machine).ShouldBe(before);
        machine.VmStat.NrKernelStack.ShouldBe(16);
    }

    [Fact]
    public void AThreadSharesWhatItMay()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });
        int task = Programs.Run(machine, Programs.Static(machine));
        SortedDictionary<string, long> before = InUse(machine);

        SysResult tid = machine.SystemCalls.Clone(task, CloneFlags.Vm | CloneFlags.Fs | CloneFlags.Files | CloneFlags.SigHand | CloneFlags.Thread);

        SortedDictionary<string, long> taken = InUse(machine);
        foreach (string name in before.Keys)
            (taken[name] - before[name]).ShouldBe(name is "task_struct" or "pid" or "vmap_area" or "kmalloc-32" or "kmalloc-96" ? 1 : 0, name);
        machine.SystemCalls.Exit(machine.Tasks.Find((int)tid.Raw));
        machine.Validate();
        // The CPU keeps the stack for the next task.
        (InUse(machine)["vmap_area"] - before["vmap_area"]).ShouldBe(1);
        InUse(machine)["task_struct"].ShouldBe(before["task_struct"]);
    }

    [Fact]
    public void ForkAndMmapFailWithoutMemoryAndLeaveNothingBehind()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 32 << 20, OvercommitMemory = 1, Cpus = 1, Thp = ThpMode.Never });
        int task = Programs.Run(machine, Programs.Static(machine));
        SysResult large = machine.SystemCalls.Mmap(task, 0, 64 << 20, Prot.Read | Prot.Write, Anonymous, -1, 0);
        // Nobody shall die for it.
        machine.Allocator.Pressure = null;
        var taken = new List<uint>();
        for (uint pfn = machine.Allocator.AllocPages(Gfp.Kernel, 0); pfn != 0; pfn = machine.Allocator.AllocPages(Gfp.Kernel, 0))
            taken.Add(pfn);
        SortedDictionary<string, long> before = InUse(machine);

        for (int tries = 0; tries < 20; tries++)
        {
            SysResult pid = machine.SystemCalls.Clone(task, CloneFlags.None);
            pid.Errno.ShouldBe(Errno.ENOMEM);
        }

        machine.Inodes.Create("/no", InodeKind.HugeTlb, 1, 1, 0).ShouldBe(0);
        int known = machine.Inodes.Create("/known", InodeKind.HugeTlb, 1, 1, 0, mayLackObjects: true);
        known.ShouldNotBe(0);
        machine.Inodes.Free(known);
        InUse(machine).ShouldBe(before);
        SysResult mapped;
        int areas = 0;
        do
            mapped = machine.SystemCalls.Mmap(task, large.Address + ((ulong)areas++ << 13), 4096, Prot.Read, Anonymous | MapFlags.Fixed, -1, 0);
        while (!mapped.IsError);
        mapped.Errno.ShouldBe(Errno.ENOMEM);
        areas.ShouldBeLessThan(100);
        foreach (uint pfn in taken)
            machine.Allocator.FreePages(pfn, 0);
        machine.Validate();
        machine.SystemCalls.Clone(task, CloneFlags.None).IsError.ShouldBeFalse();
        machine.Validate();
    }

    [Fact]
    public void WhenAllTasksHaveEndedAndCachesShrinkOnlyFilesHoldSlabs()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });
        int task = Programs.Run(machine, Programs.Dynamic(machine));
        for (int child = 0; child < 40; child++)
            machine.SystemCalls.Clone(task, CloneFlags.None).IsError.ShouldBeFalse();
        for (int other = 1; other < machine.Tasks.Tasks.HighWater; other++)
            machine.SystemCalls.ExitGroup(other);
        foreach (KmemCache cache in machine.Caches.All)
            cache.Shrink();

        machine.Validate();
        machine.VmStat.NrKernelStack.ShouldBe(0);
        string[] held = [.. machine.Caches.All.Where(cache => cache.Slabs > 0).Select(cache => cache.Name)];
        held.ShouldBe(["kmalloc-96", "kmalloc-32", "vmap_area", "radix_tree_node", "dentry", "ext4_inode_cache"], ignoreOrder: true);
    }

    [Fact]
    public void CachesOfTheGuestHaveTheSizesOfItsSlabinfo()
    {
        var recorded = Slabinfo.Parse(Encoding.UTF8.GetString(Oracle.Plain("guest/idle/slabinfo")));
        // ext4 is a module that the guest's idle boot never loaded.
        Compare(new KernelVersion(6, 1), cpus: 1, recorded).ShouldBe(["ext4_inode_cache"]);
    }

    [Fact]
    public void CachesOfThisHostHaveTheSizesAndShareTheSlabsThatTheKernelSays()
    {
        string folder = "/sys/kernel/slab";
        Assert.SkipUnless(Directory.Exists(folder) && KernelVersion.TryParse(File.ReadAllText("/proc/sys/kernel/osrelease"), out KernelVersion live) && live == new KernelVersion(6, 18), "no /sys/kernel/slab of 6.18 here");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "/proc/slabinfo is for root alone");
        Compare(new KernelVersion(6, 18), Environment.ProcessorCount, Slabinfo.Parse(File.ReadAllText("/proc/slabinfo"))).ShouldBeEmpty();
        using Guest guest = Guest.Plain(64, new KernelVersion(6, 18), Environment.ProcessorCount);
        string[] names = ["task_struct", "pid", "cred", "fs_cache", "anon_vma_chain", "files_cache", "signal_cache", "vm_area_struct", "filp", "dentry", "maple_node", "numa_policy", "vmap_area", "kmalloc-64", "kmalloc-cg-64"];
        foreach (string one in names)
        {
            foreach (string other in names)
            {
                bool areSame = Target(one) == Target(other);
                (guest.Caches.Find(one) == guest.Caches.Find(other)).ShouldBe(areSame, $"{one} and {other}");
            }
        }

        string Target(string name) => new DirectoryInfo(Path.Combine(folder, name)).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Path.Combine(folder, name);
    }

    [Fact]
    public void ThePagesOfSlabsAndStacksStandInMeminfoAndSlabinfo()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });
        Programs.Run(machine, Programs.Dynamic(machine));
        var meminfo = Meminfo.Of(machine);
        var slabinfo = Slabinfo.Of(machine);
        long pages = slabinfo.Caches.Sum(cache => cache.Slabs * cache.PagesPerSlab);
        meminfo["Slab"].ShouldBe(pages * 4);
        (meminfo["SReclaimable"] + meminfo["SUnreclaim"]).ShouldBe(pages * 4);
        meminfo["SReclaimable"].ShouldBe(slabinfo.Caches.Where(cache => cache.Name is "dentry" or "ext4_inode_cache" or "radix_tree_node").Sum(cache => cache.Slabs * cache.PagesPerSlab) * 4);
        meminfo["KernelStack"].ShouldBe(16);
        Slabinfo.Parse(slabinfo.ToString()).ToString().ShouldBe(slabinfo.ToString());
    }

    private static SortedDictionary<string, long> InUse(Machine machine)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (KmemCache cache in machine.Caches.All)
            counts.Add(cache.Name, cache.InUse);
        return counts;
    }

    /// <summary>Names that the kernel's file does not have; sizes and counts of the others are equal.</summary>
    private static List<string> Compare(KernelVersion kernel, int cpus, Slabinfo recorded)
    {
        using Guest guest = Guest.Plain(64, kernel, cpus);
        var missing = new List<string>();
        int last = int.MaxValue;
        foreach (KmemCache cache in guest.Caches.All)
        {
            int line = recorded.Caches.ToList().FindIndex(line => line.Name == cache.Name);
            if (line < 0)
            {
                missing.Add(cache.Name);
                continue;
            }

            SlabinfoCache real = recorded.Caches[line];
            (cache.Layout.Size, cache.Layout.ObjectsPerSlab, cache.Layout.PagesPerSlab).ShouldBe((real.SizeBytes, real.ObjectsPerSlab, real.PagesPerSlab), cache.Name);
            // The file shows the newest first.
            line.ShouldBeLessThan(last, cache.Name);
            last = line;
        }

        return missing;
    }
}
