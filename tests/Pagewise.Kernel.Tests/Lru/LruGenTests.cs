using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;

namespace Pagewise.Kernel.Tests.Lru;

public sealed class LruGenTests
{
    private const ulong Base = 0x1000_0000;

    [Fact]
    public void WhatFaultsBringIsOfTheYoungestGeneration()
    {
        using Machine machine = Create(LruGenCaps.All, 16);
        TestSpace space = new(machine);
        space.Map(Base, 100);
        for (ulong page = 0; page < 100; page++)
            space.Write(Base + (page << 12)).IsResolved.ShouldBeTrue();
        machine.Lru.DrainAll();

        ref LruGen gen = ref machine.Lru.Gen(0);
        gen.Pages(LruGen.FromSeq(gen.MaxSeq), LruGen.Anon).ShouldBe(100);
        machine.Lru.Pages(LruList.ActiveAnon).ShouldBe(100);
        uint pfn = machine.FindFrame(space.Mm, Base);
        machine.Lru.GenOf(pfn).ShouldBe(LruGen.FromSeq(gen.MaxSeq));
        (machine.MemMap[pfn].Flags & PageFlags.Active).ShouldBe(PageFlags.None);
        machine.Validate();
    }

    [Fact]
    public void UsesThroughCallsMakeTiersAndNotGenerations()
    {
        using Machine machine = Create(LruGenCaps.All, 16);
        TestSpace space = new(machine);
        space.Map(Base, 1);
        space.Write(Base).IsResolved.ShouldBeTrue();
        machine.Lru.DrainAll();
        uint pfn = machine.FindFrame(space.Mm, Base);
        int generation = machine.Lru.GenOf(pfn);
        int[] refs = new int[7];
        for (int use = 0; use < refs.Length; use++)
        {
            machine.Lru.MarkAccessed(pfn);
            refs[use] = machine.Lru.RefsOf(pfn);
        }

        refs.ShouldBe([0, 1, 2, 3, 4, 4, 4]);
        refs.Select(LruGen.TierOf).ShouldBe([0, 1, 2, 2, 3, 3, 3]);
        machine.Lru.GenOf(pfn).ShouldBe(generation);
        machine.Lru.Deactivate(pfn);
        machine.Lru.DrainAll();
        machine.Lru.GenOf(pfn).ShouldBe(LruGen.FromSeq(machine.Lru.Gen(0).MaxSeq - 1));
    }

    /// <summary>A small part of memory that is used again and again stays, while much more is used once: by walks over page tables, and without them by looking around.</summary>
    [Theory]
    [InlineData(LruGenCaps.All)]
    [InlineData(LruGenCaps.Core | LruGenCaps.MmWalk)]
    [InlineData(LruGenCaps.Core)]
    public void WhatIsUsedAgainAndAgainStays(LruGenCaps caps)
    {
        const ulong hot = 256;
        const ulong cold = 16384;
        using Machine machine = Create(caps, 16);
        TestSpace space = new(machine);
        space.Map(Base, hot);
        space.Map(Base << 4, cold);
        int task = space.Task;
        long hotFaults = 0;
        for (ulong page = 0; page < cold; page++)
        {
            machine.Access(task, (Base << 4) + (page << 12), AccessKind.Write).IsResolved.ShouldBeTrue();
            long before = machine.VmStat.PgMajFault;
            machine.Access(task, Base + (page % hot << 12), AccessKind.Read).IsResolved.ShouldBeTrue();
            hotFaults += machine.VmStat.PgMajFault - before;
        }

        machine.Lru.Gen(0).MaxSeq.ShouldBeGreaterThan(6UL);
        machine.VmStat.PswpOut.ShouldBeGreaterThan(10_000);
        hotFaults.ShouldBeLessThan((long)cold / 20);
        machine.Validate();
    }

    private static Machine Create(LruGenCaps caps, ulong mebibytes) => Machine.Create(new MachineSpec
    {
        MemoryBytes = mebibytes << 20,
        SwapBytes = 256 << 20,
        LruGen = caps,
        Cpus = 1,
        Cpu = "none",
    });
}
