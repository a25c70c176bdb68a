using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Tests.PageAllocator;

namespace Pagewise.Kernel.Tests.PageCache;

public sealed class PageIndexTests
{
    [Fact]
    public void AFileOfOnePageNeedsNoNodeAndOthersAsManyAsTheirIndicesNeed()
    {
        using Guest guest = Guest.Plain(32, new KernelVersion(6, 18));
        using PageIndex index = new(guest.Caches.RadixTreeNode, guest.Stat);
        XArray tree = default;
        index.Store(ref tree, 0, 7).ShouldBeTrue();
        index.NodeCount.ShouldBe(0);
        index.Load(in tree, 0).ShouldBe(7u);
        index.Store(ref tree, 5000, 8).ShouldBeTrue();
        // Three levels reach 5000; the entry at 0 has its own way down.
        index.NodeCount.ShouldBe(5);
        index.Load(in tree, 0).ShouldBe(7u);
        index.Store(ref tree, 5000, 0).ShouldBeTrue();
        index.NodeCount.ShouldBe(0);
        index.Load(in tree, 0).ShouldBe(7u);
        index.Store(ref tree, 0, 0).ShouldBeTrue();
        tree.Head.ShouldBe(0u);
        index.Store(ref tree, 5000, 8).ShouldBeTrue();
        index.NodeCount.ShouldBe(3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AnIndexStaysRightWhenNodesCannotBeHad(int seed)
    {
        using Guest guest = Guest.Plain(16, new KernelVersion(6, 18));
        using PageIndex index = new(guest.Caches.RadixTreeNode, guest.Stat);
        var random = new Random(seed);
        var naive = new SortedDictionary<ulong, ulong>();
        XArray tree = default;
        int refused = 0;
        Stack<uint> taken = guest.TakeAll();
        for (int give = 0; give < 40; give++)
            guest.Pages.FreePages(taken.Pop(), 0);

        for (int step = 0; step < 20000; step++)
        {
            ulong at = (ulong)random.Next(1 << random.Next(1, 30));
            ulong entry = random.Next(3) == 0 ? 0 : (ulong)random.Next(1, 1000);
            if (naive.Count > 0 && random.Next(3) == 0)
                (at, entry) = (naive.Keys.ElementAt(random.Next(naive.Count)), 0);
            if (!index.Store(ref tree, at, entry))
            {
                refused++;
                entry = naive.GetValueOrDefault(at);
            }

            if (entry == 0)
                naive.Remove(at);
            else
                naive[at] = entry;
            index.Load(in tree, at).ShouldBe(entry);
            if (step % 500 == 0)
                All(index, in tree).ShouldBe(naive);
        }

        refused.ShouldBeGreaterThan(100);
        foreach (ulong at in naive.Keys)
            index.Store(ref tree, at, 0).ShouldBeTrue();
        (tree.Head, index.NodeCount).ShouldBe((0u, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void NodesWithNothingButShadowsAreCounted(int seed)
    {
        using Guest guest = Guest.Plain(64, new KernelVersion(6, 18));
        using PageIndex index = new(guest.Caches.RadixTreeNode, guest.Stat);
        var random = new Random(seed);
        XArray tree = new() { Owner = 1 };
        long most = 0;
        for (int step = 0; step < 20000; step++)
        {
            ulong at = (ulong)random.Next(1 << random.Next(1, 13));
            index.Store(ref tree, at, random.Next(6) switch { 0 or 1 => 0, 2 => at + 1, 3 => XaNode.Shadow, _ => (1UL << 63) | at }).ShouldBeTrue();
            guest.Stat.WorkingsetNodes.ShouldBe(index.CountShadowNodes(in tree));
            most = Math.Max(most, guest.Stat.WorkingsetNodes);
        }

        most.ShouldBeGreaterThan(5);
        for (ulong at = 0; at < 1 << 13; at++)
            index.Store(ref tree, at, 0).ShouldBeTrue();
        (guest.Stat.WorkingsetNodes, index.NodeCount).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReclaimMayEmptyATreeWhileItGrows(int seed)
    {
        using Guest guest = Guest.Plain(16, new KernelVersion(6, 1));
        using PageIndex index = new(guest.Caches.RadixTreeNode, guest.Stat);
        var random = new Random(seed);
        var naive = new SortedDictionary<ulong, ulong>();
        var dirty = new SortedSet<ulong>();
        XArray tree = default;
        Stack<uint> taken = guest.TakeAll();
        int times = 0;
        guest.Pages.Pressure = new RecordedPressure
        {
            Reclaim = () =>
            {
                // All but what is dirty goes, and often that too.
                bool all = ++times % 3 == 0;
                foreach (ulong at in naive.Keys.Where(at => all || !dirty.Contains(at)).ToArray())
                    Drop(at);
                guest.Pages.FreePages(taken.Pop(), 0);
                return 1;
            },
        };
        while (times < 200)
        {
            ulong at = (ulong)random.Next(1 << random.Next(1, 20));
            index.Store(ref tree, at, at + 1).ShouldBeTrue();
            naive[at] = at + 1;
            if (random.Next(8) == 0 && dirty.Add(at))
                index.SetTag(ref tree, at, PageTag.Dirty);
            if (random.Next(100) != 0)
                continue;
            All(index, in tree).ShouldBe(naive);
            var tagged = new SortedSet<ulong>();
            for (ulong i = 0; index.NextTagged(in tree, ref i, uint.MaxValue, PageTag.Dirty) != 0; i++)
                tagged.Add(i);
            tagged.ShouldBe(dirty);
        }

        foreach (ulong at in naive.Keys.ToArray())
            Drop(at);
        (tree.Head, index.NodeCount).ShouldBe((0u, 0));

        void Drop(ulong at)
        {
            if (dirty.Remove(at))
                index.ClearTag(ref tree, at, PageTag.Dirty);
            index.Store(ref tree, at, 0).ShouldBeTrue();
            naive.Remove(at);
        }
    }

    private static SortedDictionary<ulong, ulong> All(PageIndex index, in XArray tree)
    {
        var found = new SortedDictionary<ulong, ulong>();
        for (ulong i = 0; index.Next(in tree, ref i, uint.MaxValue) is var one and not 0; i++)
            found.Add(i, one);
        return found;
    }
}
