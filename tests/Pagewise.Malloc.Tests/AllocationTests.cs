using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc.Tests;

public class AllocationTests
{
    [Fact]
    public void CallsAllocateNoManagedMemory()
    {
        using var heap = new Heap<X8664Abi, Glibc236>();
        PtMalloc<X8664Abi, Glibc236, FlatMemory, FlatSystemCalls> malloc = heap.Malloc;
        ulong[] blocks = new ulong[500];
        Run(malloc, blocks, 2000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(malloc, blocks, 20_000);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static void Run(PtMalloc<X8664Abi, Glibc236, FlatMemory, FlatSystemCalls> malloc, ulong[] blocks, int calls)
    {
        ulong state = 12345;
        for (int i = 0; i < calls; i++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            ref ulong block = ref blocks[(int)((state >> 33) % 500)];
            ulong bytes = (state >> 45) % (((state >> 20) & 15) == 0 ? 300_000UL : 900);
            if (block == 0)
            {
                block = (state >> 62) == 0 ? malloc.Calloc(3, bytes / 3) : malloc.Malloc(bytes);
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
