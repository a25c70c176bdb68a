using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Slab;
using Pagewise.Procfs;

namespace Pagewise.Conformance.Tests;

/// <summary>What a fork costs the live kernel in slab objects, and what it costs the model.</summary>
public class ForkObjectsTests
{
    private const int Children = 2000;

    // Other programs come and go.
    private const double Noise = 0.05;

    // Objects of a sheaf; a CPU has two of them for areas, and a node ten more (6.18).
    private const int SheafObjects = 32;
    private const int SheavesOfNode = 10;

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

        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 256 << 20, Cpus = Environment.ProcessorCount });
        SortedDictionary<string, long> model = ModelledFork(machine, areas, written);

        foreach (string name in Caches)
        {
            long live = Active(after, name) - Active(before, name);
            // What is free on a CPU counts as active.
            SlabLayout layout = machine.Caches.Find(name).Layout;
            double unseen = Environment.ProcessorCount * (1 + layout.CpuPartialSlabs) * layout.ObjectsPerSlab;
            if (name == "vm_area_struct")
                unseen += SheafObjects * ((2 * Environment.ProcessorCount) + SheavesOfNode);
            double most = (Noise * model[name] * Children) + unseen;
            ((double)live).ShouldBeInRange((model[name] * Children) - most, (model[name] * Children) + most, $"{name}: {Children} forks of {areas} areas, {written} of them written");
        }

        static long Active(Slabinfo info, string name) => info.Caches.Single(cache => cache.Name == name).ActiveObjects;
    }

    private static SortedDictionary<string, long> ModelledFork(Machine machine, int areas, int written)
    {
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
