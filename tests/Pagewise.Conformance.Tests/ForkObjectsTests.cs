using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Procfs;

namespace Pagewise.Conformance.Tests;

/// <summary>What a fork costs the live kernel in slab objects, and what it costs the model.</summary>
public class ForkObjectsTests
{
    private const int Children = 1000;

    // Objects that are free on a CPU count as active, so counts are off by what a few slabs hold.
    private const double Tolerance = 0.1;

    private static readonly string[] Caches =
    [
        "task_struct", "mm_struct", "files_cache", "signal_cache", "sighand_cache", "pid", "vm_area_struct", "anon_vma", "anon_vma_chain",
    ];

    [Fact]
    public void AForkTakesTheObjectsThatItTakesOnTheLiveKernel()
    {
        LiveMachine.Obstacles.ShouldBeEmpty("the live comparison proves nothing here");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "/proc/slabinfo is for root alone");
        string program = Path.Combine(LiveMachine.Scratch, "forkobjects");
        string notes = program + ".txt";
        VmFuzz.Execute("cc", ["-O2", "-static", "-o", program, Path.Combine(AppContext.BaseDirectory, "native", "forkobjects.c")]);
        VmFuzz.Execute(program, [Children.ToString(CultureInfo.InvariantCulture), notes]);
        string[] parts = File.ReadAllText(notes).Split("\n.\n");
        // The vsyscall page is no area.
        string[] smaps = parts[0].Split('\n');
        int areas = smaps.Count(line => line.StartsWith("VmFlags:", StringComparison.Ordinal)) - smaps.Count(line => line.EndsWith("[vsyscall]", StringComparison.Ordinal));
        int written = smaps.Count(line => line.StartsWith("Anonymous:", StringComparison.Ordinal) && !line.EndsWith(" 0 kB", StringComparison.Ordinal));
        var before = Slabinfo.Parse(parts[1] + "\n");
        var after = Slabinfo.Parse(parts[2] + "\n");

        SortedDictionary<string, long> model = ModelledFork(areas, written);

        foreach (string name in Caches)
        {
            double live = (Active(after, name) - Active(before, name)) / (double)Children;
            ((double)model[name]).ShouldBeInRange(live * (1 - Tolerance), live * (1 + Tolerance), $"{name}: {live} a fork of {areas} areas, {written} of them written");
        }

        static long Active(Slabinfo info, string name) => info.Caches.Single(cache => cache.Name == name).ActiveObjects;
    }

    private static SortedDictionary<string, long> ModelledFork(int areas, int written)
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 256 << 20 });
        int task = machine.SystemCalls.CreateInitialTask(1, "parent");
        for (int area = 0; area < areas; area++)
        {
            // Neighbours differ, so that none merge.
            Prot prot = area < written ? Prot.Read | Prot.Write | ((area & 1) == 0 ? Prot.Exec : 0) : (area & 1) == 0 ? Prot.Read : Prot.None;
            SysResult at = machine.SystemCalls.Mmap(task, 0x1000_0000UL + ((ulong)area << 20), 4096, prot, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0);
            at.IsError.ShouldBeFalse();
            if (area < written)
                machine.Access(task, at.Address, AccessKind.Write).IsResolved.ShouldBeTrue();
        }

        var inUse = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (string name in Caches)
            inUse[name] = machine.Caches.Find(name).InUse;
        machine.SystemCalls.Clone(task, CloneFlags.None).IsError.ShouldBeFalse();
        foreach (string name in Caches)
            inUse[name] = machine.Caches.Find(name).InUse - inUse[name];
        return inUse;
    }
}
