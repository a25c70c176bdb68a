using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Cgroups;

/// <summary>What zswap keeps of cgroups: memory.zswap.max, memory.zswap.writeback and the lines of memory.stat.</summary>
public sealed class ZswapChargesTests
{
    private const ulong Base = 0x10_0000_0000;
    private const int Pages = 32;

    // So few slots that CPUs keep none in stock, and more than twice as many as pages.
    private const ulong SwapBytes = 300 << 12;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(10, 3)]
    [InlineData(10, 4)]
    [InlineData(18, 5)]
    [InlineData(18, 6)]
    public void RandomProgramsCountWhatANaiveModelCounts(int minor, int seed)
    {
        var random = new Random(seed);
        using Machine machine = Create(minor);
        string[] homes = ["/a/x", "/a/y", "/b"];
        int[] tasks = [.. homes.Select(home => Start(machine, home))];
        var naive = new NaiveZswap(minor);
        foreach (string path in (string[])["/a", .. homes])
            naive.Make(path);
        byte[] bytes = new byte[4096];
        for (int step = 0; step < 1500; step++)
        {
            int program = random.Next(tasks.Length);
            int task = tasks[program];
            int page = random.Next(Pages);
            ulong address = Base + ((ulong)page << 12);
            switch (random.Next(12))
            {
                case < 5:
                    Fill(random, bytes);
                    machine.WriteMemory(task, address, bytes).IsResolved.ShouldBeTrue();
                    naive.Write(program, page, homes[program], LengthOf(bytes));
                    break;
                case < 7:
                    machine.ReadMemory(task, address, bytes).IsResolved.ShouldBeTrue();
                    naive.Read(program, page, homes[program]);
                    break;
                case < 10:
                    int count = Math.Min(random.Next(1, 12), Pages - page);
                    machine.SystemCalls.Madvise(task, address, (ulong)count << 12, Madvice.PageOut).ShouldBe(SysResult.Ok);
                    for (int i = page; i < page + count; i++)
                        naive.PageOut(program, i, homes[program]);
                    break;
                case 10:
                    string path = naive.Paths[random.Next(naive.Paths.Count)];
                    long limit = random.Next(4) switch { 0 => long.MaxValue, 1 => 0, _ => random.Next(1, 14) };
                    machine.SystemCalls.WriteCgroup(task, path, "memory.zswap.max", limit == long.MaxValue ? "max" : $"{limit * 4096}").ShouldBe(SysResult.Ok);
                    naive[path].Max = limit;
                    break;
                default:
                    path = naive.Paths[random.Next(naive.Paths.Count)];
                    bool mayWrite = random.Next(3) != 0;
                    SysResult written = machine.SystemCalls.WriteCgroup(task, path, "memory.zswap.writeback", mayWrite ? "1" : "0");
                    written.IsError.ShouldBe(minor == 1);
                    if (minor != 1)
                        naive[path].Writeback = mayWrite;
                    break;
            }

            // Writes to swap end, and no batch of the LRU lists holds a page: a call for memory without pages empties them.
            machine.SystemCalls.Nanosleep(task, 50e6);
            machine.SystemCalls.Madvise(task, Base + (Pages << 12), 4096, Madvice.PageOut).ShouldBe(SysResult.Ok);
            if (step % 50 == 0)
                machine.Validate();
            foreach (string path in naive.Paths)
                Figures(machine, path).ShouldBe(naive.Figures(path), $"step {step}, {path}");
            if (step % 400 == 399)
                MoveHome(machine, naive, tasks, homes, random.Next(homes.Length), $"/b/{step}");
        }

        naive.Figures("/a").Pages.ShouldBeGreaterThan(0);
        machine.VmStat.ZswpOut.ShouldBeGreaterThan(100);
        if (minor == 1)
            machine.VmStat.ZswpWb.ShouldBe(0);
        else
            machine.VmStat.ZswpWb.ShouldBeGreaterThan(20);
        foreach (int task in tasks)
            machine.SystemCalls.ExitGroup(task);
        machine.Validate();
        foreach (string path in naive.Paths)
            (Figures(machine, path).Pages, Figures(machine, path).Bytes).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(11, false)]
    public void WritebackIsInheritedOnceOrHoldsForAllBelow(int minor, bool isCopied)
    {
        using Machine machine = Create(minor);
        int parent = (int)machine.Memcgs.Create(MemCgroups.Root, "p").Raw;
        machine.Memcgs.Write(parent, "memory.zswap.writeback", "0").ShouldBe(SysResult.Ok);
        int child = (int)machine.Memcgs.Create(parent, "c").Raw;
        machine.Memcgs[child].ZswapWriteback.ShouldBe(!isCopied);
        machine.Memcgs.MayWriteBackZswap(child).ShouldBeFalse();
        machine.Memcgs.Write(parent, "memory.zswap.writeback", "1").ShouldBe(SysResult.Ok);
        machine.Memcgs.MayWriteBackZswap(child).ShouldBe(!isCopied);
        machine.Memcgs.Write(MemCgroups.Root, "memory.zswap.writeback", "2").Errno.ShouldBe(Errno.EINVAL);
        machine.Memcgs.Write(MemCgroups.Root, "memory.zswap.max", "0").Errno.ShouldBe(Errno.ENOENT);
    }

    [Fact]
    public void ChargingWhatZswapKeepsGoesAboveMemoryMax()
    {
        using Machine machine = Create(18);
        int task = Start(machine, "/a");
        var random = new Random(1);
        byte[] bytes = new byte[4096];
        machine.SystemCalls.WriteCgroup(task, "/a", "memory.max", "140K").ShouldBe(SysResult.Ok);
        for (int round = 0; round < 3; round++)
        {
            for (int page = 0; page < Pages; page++)
            {
                Fill(random, bytes);
                machine.WriteMemory(task, Base + ((ulong)page << 12), bytes).IsResolved.ShouldBeTrue();
            }
        }

        machine.Memcgs.Stat(machine.Memcgs.Find("/a"), MemcgStat.Zswapped).ShouldBeGreaterThan(10);
        machine.Validate();
    }

    private static (long Pages, long Bytes, long In, long Out, long Written) Figures(Machine machine, string path)
    {
        int memcg = machine.Memcgs.Find(path);
        return (machine.Memcgs.Stat(memcg, MemcgStat.Zswapped), machine.Memcgs.Stat(memcg, MemcgStat.ZswapBytes), machine.Memcgs.Stat(memcg, MemcgStat.ZswpIn),
            machine.Memcgs.Stat(memcg, MemcgStat.ZswpOut), machine.Memcgs.Stat(memcg, MemcgStat.ZswpWb));
    }

    // A program leaves its cgroup, which goes while zswap still keeps pages of it.
    private static void MoveHome(Machine machine, NaiveZswap naive, int[] tasks, string[] homes, int program, string home)
    {
        machine.SystemCalls.MkdirCgroup(tasks[program], home).ShouldBe(SysResult.Ok);
        machine.SystemCalls.WriteCgroup(tasks[program], home, "cgroup.procs", "0").ShouldBe(SysResult.Ok);
        naive.Make(home);
        string left = homes[program];
        homes[program] = home;
        if (left == "/b")
            return;
        // A removed cgroup's own setting holds for its pages still; the naive model knows no removed ones.
        if (machine.Memcgs.HasZswapWriteback)
            machine.SystemCalls.WriteCgroup(tasks[program], left, "memory.zswap.writeback", "1").ShouldBe(SysResult.Ok);
        machine.SystemCalls.RmdirCgroup(tasks[program], left).ShouldBe(SysResult.Ok);
        naive.Remove(left);
    }

    // A word that repeats, or a part of noise: always short enough to share a frame.
    private static void Fill(Random random, byte[] bytes)
    {
        Array.Fill(bytes, (byte)random.Next(256));
        if (random.Next(8) != 0)
            random.NextBytes(bytes.AsSpan(0, random.Next(100, 3000)));
    }

    private static int LengthOf(byte[] bytes) => bytes.AsSpan().IndexOfAnyExcept(bytes[0]) < 0 ? 0 : LzoRle.LengthOf(bytes, false);

    private static Machine Create(int minor) => Machine.Create(new MachineSpec
    {
        Kernel = new(6, minor),
        MemoryBytes = 64 << 20,
        Cpus = 1,
        PageCluster = 0,
        BlockDevices = [BlockDeviceSpec.Find("nvme")!],
        SwapBytes = SwapBytes,
        Zswap = new ZswapSettings { IsEnabled = true, MaxPoolPercent = 50 },
        Cgroups = [new CgroupSpec("/a/x"), new CgroupSpec("/a/y"), new CgroupSpec("/b")],
    });

    private static int Start(Machine machine, string home)
    {
        int task = Programs.Run(machine, Programs.Static(machine));
        machine.SystemCalls.WriteCgroup(task, home, "cgroup.procs", "0").ShouldBe(SysResult.Ok);
        machine.SystemCalls.Mmap(task, Base, (Pages + 1) << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(Base);
        return task;
    }
}
