using System.Runtime.CompilerServices;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc.Tests;

public class AllocationTests
{
    public static TheoryData<string> Releases { get; } = [.. AllocatorModels.Releases];

    [Theory]
    [MemberData(nameof(Releases))]
    public void CallsAllocateNoManagedMemory(string release)
    {
        foreach (string platform in AllocatorModels.Platforms)
            AllocatorModels.Visit(platform, release, new Meter())!.Value.ShouldBe(0, platform);
    }

    private sealed class Meter : IAllocatorVisitor<StrongBox<long>>
    {
        public StrongBox<long> Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease
        {
            using var heap = new Heap<TAbi, TRelease>();
            PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc = heap.Malloc;
            ulong[] blocks = new ulong[500];
            Run(malloc, blocks, 2000);

            var allocated = new StrongBox<long>(-GC.GetAllocatedBytesForCurrentThread());
            Run(malloc, blocks, 20_000);

            allocated.Value += GC.GetAllocatedBytesForCurrentThread();
            return allocated;
        }

        private static void Run<TAbi, TRelease>(PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc, ulong[] blocks, int calls)
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease
        {
            ulong state = 12345;
            for (int i = 0; i < calls; i++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
                ref ulong block = ref blocks[(int)((state >> 33) % 500)];
                ulong bytes = (state >> 45) % (((state >> 20) & 15) == 0 ? 300_000UL : 900);
                malloc.SwitchThread((int)(state >> 60) & 1);
                if (block == 0)
                {
                    block = (state >> 62) switch
                    {
                        0 => malloc.Calloc(3, bytes / 3),
                        1 => malloc.Memalign(64, bytes),
                        _ => malloc.Malloc(bytes),
                    };
                }
                else if ((state >> 62) == 1)
                {
                    block = malloc.Realloc(block, bytes + 1);
                }
                else
                {
                    malloc.Free(block);
                    block = 0;
                }
            }
        }
    }
}
