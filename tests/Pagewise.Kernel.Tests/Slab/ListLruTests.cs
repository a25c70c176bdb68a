using Pagewise.Kernel.Slab;

namespace Pagewise.Kernel.Tests.Slab;

public sealed class ListLruTests
{
    private const int Items = 60;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ListsAgreeWithPlainOnes(int seed)
    {
        var random = new Random(seed);
        using ListLru lists = new(Items, 2);
        var naive = new Dictionary<(int Memcg, int Node), List<int>>();
        for (int memcg = 1; memcg <= 3; memcg++)
        {
            for (int node = 0; node < 2; node++)
                naive[(memcg, node)] = [];
        }

        for (int step = 0; step < 5000; step++)
        {
            int item = 1 + random.Next(Items);
            (int Memcg, int Node) place = (1 + random.Next(3), random.Next(2));
            List<int> list = naive[place];
            bool isListed = naive.Values.Any(others => others.Contains(item));
            lists.Contains(item).ShouldBe(isListed);
            switch (random.Next(10))
            {
                case < 5:
                    lists.Add(item, place.Memcg, place.Node).ShouldBe(!isListed);
                    if (!isListed)
                        list.Add(item);
                    break;
                case < 7:
                    lists.Remove(item).ShouldBe(isListed);
                    foreach (List<int> other in naive.Values)
                        other.Remove(item);
                    break;
                case 7 when random.Next(20) == 0 && place.Memcg > 1:
                    lists.Reparent(place.Memcg, place.Memcg - 1);
                    for (int node = 0; node < 2; node++)
                    {
                        naive[(place.Memcg - 1, node)].InsertRange(0, naive[(place.Memcg, node)]);
                        naive[(place.Memcg, node)].Clear();
                    }

                    break;
                default:
                    Walk(lists, place, list, random);
                    break;
            }

            lists.Total.ShouldBe(naive.Values.Sum(others => others.Count));
            lists.Count(place.Memcg, place.Node).ShouldBe(list.Count);
            lists.Validate(listed => naive.First(pair => pair.Value.Contains(listed)).Key);
        }
    }

    /// <summary>A walk that removes, alone or with another, rotates or skips, by the item's number.</summary>
    private static void Walk(ListLru lists, (int Memcg, int Node) place, List<int> naive, Random random)
    {
        int most = random.Next(8);
        int rule = random.Next(1, 5);
        int companion = naive.Count > 0 ? naive[random.Next(naive.Count)] : 0;
        var met = new List<int>();
        long removed = lists.Walk(place.Memcg, place.Node, most, item =>
        {
            met.Add(item);
            LruStatus status = (LruStatus)((item + rule) % 5);
            if (status is LruStatus.Removed or LruStatus.RemovedRetry)
                lists.Remove(item).ShouldBeTrue();
            if (status == LruStatus.RemovedRetry)
                lists.Remove(companion);
            return status;
        });

        var expected = new List<int>();
        long gone = 0;
        int at = 0;
        while (expected.Count < most && at < naive.Count)
        {
            int item = naive[at];
            expected.Add(item);
            switch ((LruStatus)((item + rule) % 5))
            {
                case LruStatus.Removed:
                    naive.RemoveAt(at);
                    gone++;
                    break;
                case LruStatus.RemovedRetry:
                    naive.RemoveAt(at);
                    naive.Remove(companion);
                    gone++;
                    at = 0;
                    break;
                case LruStatus.Retry:
                    at = 0;
                    break;
                case LruStatus.Rotate:
                    // What stood behind it is next; the last one has nothing behind it.
                    naive.RemoveAt(at);
                    naive.Add(item);
                    if (at == naive.Count - 1)
                        at = naive.Count;
                    break;
                default:
                    at++;
                    break;
            }
        }

        met.ShouldBe(expected);
        removed.ShouldBe(gone);
    }
}
